"""One real Kafka for a test run; one MongoDB-protocol server for each of its processes, started when its first test asks for it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import kafka_container, mongo_container

from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.mongo import EmbeddedMongo

SHARED = "kafka_port"
"""Where each process of a run is told at which port the run's Kafka will answer."""
ON_CONTAINERS = os.environ.get("LOKET_TEST_ON") == "containers"


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """That of KAFKA_BOOTSTRAP_SERVERS, else a container if asked for, else the embedded one; tests part their topics by prefix."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
    elif port := getattr(request.config, "workerinput", {}).get(SHARED):
        kafka = EmbeddedKafka(tmp_path_factory.getbasetemp(), port=port)
        while not kafka.answers():  # the run's first process has started it; this one ends at its own limit of time
            time.sleep(0.2)
        yield kafka.bootstrap
    elif ON_CONTAINERS:
        with kafka_container() as bootstrap:
            yield bootstrap
    else:
        with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as kafka:
            yield kafka.bootstrap


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """That of MONGO_URL, else a container if asked for, else the embedded one in memory; tests part their databases by name."""
    if given := os.environ.get("MONGO_URL"):
        yield given
    elif ON_CONTAINERS:
        with mongo_container() as url:
            yield url
    else:
        with EmbeddedMongo() as mongo:
            yield mongo.url


def open_to_others(folder: Path) -> list[Path]:
    """Whatever in a folder others than its owner could read or write."""
    return [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
