"""A platform that runs while a block of code does: for `loket up`, the story and whoever needs one."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from common.broker import create_topics
from common.topics import TOPICS
from loket.supervisor import Layout, Supervisor


@contextmanager
def running_platform(layout: Layout, say: Callable[[str], None]) -> Iterator[Supervisor]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt in the block; the stop that follows is not disturbed by a second one."""
    signal.signal(signal.SIGTERM, _interrupt)
    supervisor = Supervisor(layout, partial(create_topics, topics=TOPICS), say=say)
    try:
        supervisor.start()
        yield supervisor
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        supervisor.stop()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
