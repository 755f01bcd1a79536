"""Whether everything has come to rest: no record unread, no outbox with anything in it."""

import asyncio
import time
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from chaos.platform import Platform
from chaos.processes import ask
from common.topics import PARTITIONS, TOPICS
from loket.contracts.services import describe
from loket.supervisor import SERVICES

WITHIN = 60.0
"""Seconds from the end of the faults."""


class Draining:
    """Looks from outside: at Kafka's own numbers, and at the metrics of every replica."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.topics = {service.name: heard(service) for service in describe(platform.layout.region)}
        self._admin = AdminClient({"bootstrap.servers": platform.layout.bootstrap, "log_level": 0})

    async def wait(self, since: float, within: float = WITHIN) -> tuple[float | None, str]:
        """When it had drained, else None; and what was last seen to wait."""
        quiet, waiting = 0, "nothing looked at yet"
        while time.time() < since + within:
            waiting = await asyncio.to_thread(self.waiting)
            quiet = 0 if waiting else quiet + 1
            if quiet == 2:  # what one look missed, the next one sees
                return time.time(), ""
            await asyncio.sleep(0.5)
        return None, waiting

    def waiting(self) -> str:
        """What is not done yet, in words; nothing when all is."""
        groups = self.groups()
        behind = {name: sum(behind_by(one) for one in places.values()) for name, places in groups.items()}
        words = [f"{name}: {count} records" for name, count in behind.items() if count]
        for process in self._platform.services:
            status, text = ask(process.metrics_port, "/metrics")
            words += [f"{process.name}: no metrics"] if status != 200 else []
            words += [f"{process.name}: {line}" for line in text.splitlines() if line.startswith(OUTBOX) and not line.endswith(" 0.0")]
        return "; ".join(words)

    def groups(self) -> dict[str, dict[str, Any]]:
        """What each group has committed, and where the log ends."""
        ends = self.ends()
        found: dict[str, dict[str, Any]] = {}
        for service in SERVICES:
            asked = ConsumerGroupTopicPartitions(service)
            committed = self._admin.list_consumer_group_offsets([asked], request_timeout=20)[service].result().topic_partitions
            known = {(one.topic, one.partition): one.offset for one in committed}
            places = [(topic, partition) for topic in self.topics[service] for partition in range(PARTITIONS)]
            found[service] = {f"{t}/{p}": {"committed": known.get((t, p)), "end": ends[t, p]} for t, p in places}
        return found

    def ends(self) -> dict[tuple[str, int], int]:
        """Of every partition of every topic, heard by somebody or not."""
        asked = {TopicPartition(topic.name, partition): OffsetSpec.latest() for topic in TOPICS for partition in range(PARTITIONS)}
        answers = self._admin.list_offsets(asked, request_timeout=20)
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}


OUTBOX = "loket_outbox_aggregates "


def heard(service: Any) -> list[str]:
    return sorted(event.topic for event in service.hears)


def behind_by(place: dict[str, Any]) -> int:
    """A place where nothing was ever written needs no commit."""
    return place["end"] - (place["committed"] or 0)


def every_record(bootstrap: str, topics: list[str], ends: dict[tuple[str, int], int]) -> Any:
    """The whole log, partition by partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "chaos-dump", "enable.auto.commit": False, "log_level": 0})
    left = {place: end for place, end in ends.items() if end and place[0] in topics}
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in left])
    try:
        while left:
            for record in consumer.consume(1000, 0.5):  # waits until it has them all, or so long
                if record.error():
                    raise RuntimeError(str(record.error()))
                yield record
                if record.offset() + 1 >= left.get((record.topic(), record.partition()), 0):
                    left.pop((record.topic(), record.partition()), None)
    finally:
        consumer.close()
