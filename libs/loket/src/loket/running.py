"""A platform that runs while a block of code does: for `loket up`, the story and whoever needs one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from common.broker import create_topics
from common.topics import TOPICS
from loket.embedded import interrupts
from loket.supervisor import Layout, Supervisor


@contextmanager
def running_platform(layout: Layout, say: Callable[[str], None]) -> Iterator[Supervisor]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt in the block; the stop that follows is not disturbed by a second one."""
    interrupts.listen()
    supervisor = Supervisor(layout, partial(create_topics, topics=TOPICS), say=say)
    try:
        supervisor.start()
        yield supervisor
    finally:
        interrupts.ignore()
        supervisor.stop()
