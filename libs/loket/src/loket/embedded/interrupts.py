"""Ctrl-C and SIGTERM as KeyboardInterrupt, but never in the middle of what would be left half done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupts:
    """Python runs handlers in the main thread alone, so no lock is needed."""

    def __init__(self) -> None:
        self.held = 0
        self.waiting = False

    def come(self, _number: int, _frame: FrameType | None) -> None:
        """Interrupt now, or as soon as nobody minds."""
        if self.held:
            self.waiting = True
        else:
            raise KeyboardInterrupt


_INTERRUPTS = _Interrupts()


def listen() -> None:
    """From now on both signals interrupt."""
    for number in SIGNALS:
        signal.signal(number, _INTERRUPTS.come)


def ignore() -> None:
    """From now on neither does: whoever stops is not disturbed by a second one."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let an interrupt come after this block: `Popen.poll` interrupted keeps its lock for ever, and nobody can wait for that child."""
    _INTERRUPTS.held += 1
    try:
        yield
    finally:
        _INTERRUPTS.held -= 1
    if _INTERRUPTS.waiting and not _INTERRUPTS.held:
        _INTERRUPTS.waiting = False
        raise KeyboardInterrupt
