"""Rules of the chassis that are kept by looking at its text and its factory."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import NotLeaderForPartitionError
from faststream import AckPolicy
from toy_service import blueprint

from common import clock
from common.broker import METADATA_MS, Batch, _unread, make_broker, subscribe
from common.events.catalogue import EVENTS
from common.topics import PARTITIONS, TOPICS

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("libs", "services") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize(
    ("wanted", "only_in"),
    [
        (r"\bKafkaBroker\(", {"common/broker.py"}),
        (r"\bAIOKafkaProducer\(", {"common/publisher.py"}),
        (r"\bAIOKafkaConsumer\(", {"common/broker.py", "common/log.py", "common/log_view.py"}),  # the latter reads the log without a group
        (r"\bpublish_batch\(|\bbroker\.publish\(", set()),
        (r"AsyncAPIRoute|AsgiFastStream|asyncapi_path", set()),
        (r"\bdatetime\.(now|utcnow|today)\(|\btime\.time\(", {"common/clock.py"}),
        (r"unittest\.mock", set()),
        (r"\b(motor|pymongo)\b.*import|import (motor|pymongo)", {"common/store/mongo.py"}),
        (r"\bwait_for\(", set()),
    ],
)
def test_what_only_one_module_may_do_no_other_does(wanted: str, only_in: set[str]) -> None:
    found = {str(path).split("/src/")[1] for path in SOURCES if "/src/" in str(path) and re.search(wanted, path.read_text())}

    found = {name for name in found if not name.startswith("loket/")}
    assert found <= only_in, f"{wanted} in {found - only_in}"


def clients_of_kafka() -> list[tuple[str, ast.Call]]:
    """Every place in the sources that makes a client of aiokafka or FastStream."""
    made = re.compile(r"(AIOKafka(Consumer|Producer|AdminClient|Client)|KafkaBroker)$")
    calls = [(path, node) for path in SOURCES if "/src/" in str(path) for node in ast.walk(ast.parse(path.read_text()))]
    return [(str(path), node) for path, node in calls if isinstance(node, ast.Call) and made.match(getattr(node.func, "id", ""))]


def test_whoever_makes_a_client_of_kafka_says_who_it_is() -> None:
    """One that is not told would speak without TLS, and on an open Kafka nobody would notice."""
    clients = clients_of_kafka()
    silent = [
        f"{path}:{call.lineno}"
        for path, call in clients
        if not re.search(r"\*\*[\w.]*\b(of_client\(\)|reached\((self\._)?kafka\))|security=settings\.kafka_security", ast.unparse(call))
    ]

    assert len(clients) >= 6
    assert silent == []


async def nothing(message: Any) -> None: ...


def made(tmp_path: Path) -> Any:
    broker = make_broker(blueprint("127.0.0.1:1", "", tmp_path).settings, "test")
    return broker, subscribe(broker, ["case.referred"], "group", nothing, None, Batch(500))  # type: ignore[arg-type]


def test_the_broker_makes_no_topics_and_its_subscriber_reads_from_the_start_and_commits_nothing_itself(tmp_path: Path) -> None:
    broker, subscriber = made(tmp_path)

    assert broker.config.broker_config.allow_auto_create_topics is False
    arguments = subscriber._connection_args
    assert arguments["auto_offset_reset"] == "earliest"
    assert arguments["enable_auto_commit"] is False
    assert arguments["partition_assignment_strategy"] == (RangePartitionAssignor,)
    assert arguments["rebalance_timeout_ms"] > 40_000
    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert subscriber.batch_timeout_ms == 10


def test_a_member_hears_ten_times_a_second_whether_others_came_or_went(tmp_path: Path) -> None:
    """Until it does, what lies on the partitions of one that left waits: `PARTS=f make bench` measures how long."""
    _, subscriber = made(tmp_path)

    assert subscriber._connection_args["heartbeat_interval_ms"] <= 100


class _Cluster:
    """A client of Kafka that believes in a leader which is none any more, as far as the fetcher of aiokafka looks."""

    _retry_backoff = 0.0

    def __init__(self) -> None:
        self._client, self.asked = self, 0

    def force_metadata_update(self) -> None:
        self.asked += 1

    async def _proc_offset_request(self, node_id: int, topics: Any) -> Any:
        raise NotLeaderForPartitionError


async def test_the_client_does_not_ask_anew_who_leads_when_it_looks_up_a_first_offset_so_its_word_is_soon_too_old(tmp_path: Path) -> None:
    """The first half shows the trap: when it fails, aiokafka has mended it and METADATA_MS may go."""
    cluster, state = _Cluster(), SimpleNamespace(has_valid_position=False, awaiting_reset=True, reset_strategy=-2)
    await Fetcher._update_fetch_positions(cluster, SimpleNamespace(state_value=lambda _: state), 1, [TopicPartition("a", 0)])
    assert cluster.asked == 0

    broker, _ = made(tmp_path)
    assert broker._connection_kwargs["metadata_max_age_ms"] == METADATA_MS <= 5_000


async def test_the_parser_does_not_touch_the_bytes(tmp_path: Path) -> None:
    message = await _unread(({"headers": (("a", b"\xff"),)},))

    assert message.headers == {}
    assert message.body == b""


def test_all_topics_have_the_same_number_of_partitions_and_keep_what_they_hold() -> None:
    assert {topic.name for topic in TOPICS} == set(EVENTS)
    for topic in TOPICS:
        assert topic.partitions == PARTITIONS
        compacted = EVENTS[topic.name].compacted
        assert topic.config["cleanup.policy"] == ("compact" if compacted else "delete")
        assert compacted or topic.config["retention.ms"] == "-1"


def test_only_one_topic_holds_personal_data() -> None:
    assert [topic for topic, event in EVENTS.items() if event.personal] == ["party.contact-changed"]


async def test_the_shifted_clock_follows_its_file_and_survives_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    shifted = clock.ShiftedClock(path)

    def days() -> int:
        shifted._looked = float("-inf")
        return round((shifted.now() - datetime.now(UTC)).total_seconds() / 86_400)  # noqa: TID251 - held against the machine's

    assert days() == 0
    path.write_text('{"shift_seconds": 259200}')
    assert days() == 3
    path.write_text("{")
    assert days() == 3
