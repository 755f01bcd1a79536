"""The embedded Kafka is a real one: it keeps what it was given, and never outlives us."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from loket.embedded.child import is_free
from loket.embedded.kafka import EmbeddedKafka
from loket.errors import LoketError

pytestmark = pytest.mark.kafka
TOPIC = "case.tried"


async def make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 3, 1)])
    finally:
        await admin.close()


async def produce(bootstrap: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(TOPIC, value, partition=1)


async def consume(bootstrap: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(TOPIC, 1)])
        return [(await consumer.getone()).value for _ in range(count)]


def is_running(pid: int) -> bool:
    """A zombie that nobody waits for has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


async def test_what_was_produced_is_there_after_a_restart_on_another_port_and_after_a_kill(tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path / "kafka") as kafka:
        await make_topic(kafka.bootstrap)
        await produce(kafka.bootstrap, [b"one", b"two"])
        assert await consume(kafka.bootstrap, 2) == [b"one", b"two"]

    with EmbeddedKafka(tmp_path / "kafka") as again:
        assert again.port != kafka.port
        await produce(again.bootstrap, [b"three"])
        again.kill()
        again.start()

        assert await consume(again.bootstrap, 3) == [b"one", b"two", b"three"]


def test_a_folder_left_half_formatted_is_made_anew_and_a_stop_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "meta.properties").write_text("half")
    kafka = EmbeddedKafka(tmp_path)

    assert kafka.start() == kafka.bootstrap
    pid = kafka.pid
    assert pid is not None
    assert is_running(pid)
    kafka.stop()

    assert not is_running(pid)
    assert is_free(kafka.port)


def test_the_jvm_dies_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from loket.embedded.kafka import EmbeddedKafka\n"
        "kafka = EmbeddedKafka(Path(sys.argv[1])); kafka.start(); print(kafka.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "kafka")], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)

        os.kill(parent.pid, signal.SIGKILL)

        assert ends(pid)


def test_an_occupied_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        kafka = EmbeddedKafka(tmp_path / "kafka", port=port)

        with pytest.raises(LoketError, match=f"port {port}, which another program uses: stop that program"):
            kafka.start()

    assert kafka.pid is None
    assert not (tmp_path / "kafka").exists()


def test_a_kafka_that_ends_while_it_starts_shows_the_end_of_its_log(tmp_path: Path) -> None:
    kafka = EmbeddedKafka(tmp_path / "kafka", properties={"num.io.threads": "none"})

    with pytest.raises(LoketError, match=r"(?s)Kafka could not prepare its folder.*num\.io\.threads"):
        kafka.start()

    assert kafka.pid is None
