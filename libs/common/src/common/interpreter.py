"""What long-running work wants of the interpreter."""

import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
A_TURN = 0.0005  # seconds; by itself a thread keeps the interpreter for ten times as long while another has rows to write


def settle_down() -> None:
    """Call once everything is imported: what is there by now is never looked through again, and what comes is so less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Carry out work that is not a service on the loop that the services have; its threads are to work side by side."""
    settle_down()
    sys.setswitchinterval(A_TURN)
    return uvloop.run(work)
