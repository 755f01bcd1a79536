"""One Kafka for a run of several processes: each of its own would take fifty seconds of the processor more.

The process that hands out the tests starts it, tells the others where it will answer, and ends it.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from loket_fixtures import SHARED

from loket.embedded.child import free_port
from loket.embedded.kafka import EmbeddedKafka

LOCAL = not os.environ.get("KAFKA_BOOTSTRAP_SERVERS") and os.environ.get("LOKET_TEST_ON") != "containers"
_started = pytest.StashKey[EmbeddedKafka]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Starts it when the first of the processes is set up; it answers by the time they have collected their tests."""
    if not LOCAL or node.config.option.collectonly:
        return
    kafka = node.config.stash.get(_started, None)
    if kafka is None:
        kafka = EmbeddedKafka(Path(tempfile.mkdtemp(prefix="loket-kafka-")), port=free_port())
        kafka.launch()
        node.config.stash[_started] = kafka
    node.workerinput[SHARED] = kafka.port


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends it with the run."""
    kafka = config.stash.get(_started, None)
    if kafka is not None:
        kafka.stop()
        shutil.rmtree(kafka.folder, ignore_errors=True)
