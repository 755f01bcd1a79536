"""A process told to stop while its store or Kafka is away ends by itself, with status 0; one whose stop hangs, by its last resort."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.system.one_service import STOP_SECONDS, Running, one_service

HANGS = Path(__file__).parent / "hanging_stop.py"

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


@contextmanager
def silent_broker() -> Iterator[str]:
    """Takes connections and answers nothing, as a broker behind a cut that drops packets."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else holds the write lock of the store."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as store:
        store.execute("begin immediate")
        yield


def stops_by_itself(service: Running) -> bool:
    return service.child.stop(STOP_SECONDS) and service.child.popen.returncode == 0


def waits_for(service: Running, words: str) -> None:
    """Returns when its readiness says so."""
    for _ in range(600):
        if words in httpx.get(f"http://127.0.0.1:{service.port}/health/ready", timeout=30, trust_env=False).text:
            return
        time.sleep(0.1)
    raise AssertionError(service.child.tail())


@pytest.mark.parametrize("name", ["intake", "scheduling", "notifications", "reporting"])
def test_while_kafka_answers_nothing(tmp_path: Path, name: str) -> None:
    with silent_broker() as bootstrap, one_service(name, tmp_path, KAFKA_BOOTSTRAP_SERVERS=bootstrap) as service:
        assert stops_by_itself(service)


def test_while_the_store_cannot_be_opened(tmp_path: Path) -> None:
    with locked(tmp_path / "scheduling.sqlite"), one_service("scheduling", tmp_path) as service:
        waits_for(service, "the store is being opened")
        assert stops_by_itself(service)


def test_a_stop_that_hangs_is_ended_by_the_last_resort(tmp_path: Path) -> None:
    with one_service("intake", tmp_path, program=[str(HANGS)]) as service:
        assert service.child.stop(STOP_SECONDS)
        assert service.child.popen.returncode == 1


def test_while_the_store_takes_no_writes(tmp_path: Path) -> None:
    with one_service("intake", tmp_path) as service:
        waits_for(service, '"pass"')
        with locked(tmp_path / "intake.sqlite"):
            waits_for(service, "Not ready")
            assert stops_by_itself(service)
