"""A platform that runs while a block of code does: for `loket up`, the story and whoever needs one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from common.broker import create_topics
from common.topics import TOPICS
from loket.contracts.access import principals, rights
from loket.contracts.services import describe
from loket.embedded import interrupts
from loket.granting import Granting
from loket.supervisor import Layout, StateFolder, Supervisor
from loket.supervisor.kafka_login import administrator


@contextmanager
def running_platform(layout: Layout, say: Callable[[str], None], *, give_up: bool = False) -> Iterator[Supervisor]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt in the block; the stop that follows is not disturbed by a second one."""
    interrupts.listen()
    supervisor = Supervisor(layout, partial(_prepare, layout=layout), say=say, give_up=give_up)
    try:
        supervisor.start()
        yield supervisor
    finally:
        interrupts.ignore()
        supervisor.stop()


async def _prepare(bootstrap: str, layout: Layout) -> None:
    """Kafka gets what the services need there: if it is secure, users and rights; topics."""
    folder = StateFolder(layout.folder)
    security = administrator(layout, folder)
    if layout.secure:
        platform = describe(layout.region)
        granting, names = Granting(bootstrap, security), principals(platform, layout.topic_prefix)
        granting.users({name: folder.kafka_password(name) for name in names})
        granting.rights(names, rights(platform, layout.topic_prefix))
    await create_topics(bootstrap, TOPICS, layout.topic_prefix, layout.brokers, security)
