"""Reads the log without a group, and asks Kafka how far the services' groups are."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code

from auditor.answers import Group
from auditor.fold import Fold
from auditor.reach import SERVICES, TOPICS
from common.kafka_security import KafkaSettings
from common.log import Log, administration, end_offsets, open_log

AT_ONCE = 500  # records; after so many a look can be dropped


@dataclass(frozen=True)
class Standing:
    """How far a group is at one look, by Kafka's own word."""

    read: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]
    members: int


class Reading(Protocol):
    """The log, read to its end, and again from there."""

    async def into(self, fold: Fold) -> None: ...


class LogReading:
    """The log on Kafka."""

    def __init__(self, log: Log, prefix: str) -> None:
        self._log, self._prefix, self._begun = log, prefix, False

    async def into(self, fold: Fold) -> None:
        """Fold every record, at first from the beginning, then from where it stopped."""
        if self._begun:
            await self._log.go_on()
        self._begun = True
        async for record in self._log.records():
            fold.take(record.topic.removeprefix(self._prefix), record)
            if fold.records % AT_ONCE == 0:
                await asyncio.sleep(0)


class Kafka:
    """The platform's Kafka, for a principal that may only read."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def log(self) -> AsyncIterator[Reading]:
        """Every topic but those with personal data."""
        async with open_log(self._settings, TOPICS) as log:
            yield LogReading(log, self._settings.topic_prefix)

    async def standings(self) -> dict[str, Standing]:
        """Every service's group."""
        prefix, read, members = self._settings.topic_prefix, {}, {}
        async with administration(self._settings) as admin:
            for name in SERVICES:
                offsets = await admin.list_consumer_group_offsets(prefix + name)
                read[name] = {TopicPartition(*place): found.offset for place, found in offsets.items() if found.offset >= 0}
                members[name] = await _members(admin, prefix + name)
        places = list({place for held in read.values() for place in held})
        ends = await end_offsets(self._settings.kafka_bootstrap_servers, self._settings.kafka_security, places) if places else {}
        return {name: Standing(held, {place: ends[place] for place in held}, members[name]) for name, held in read.items()}


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Asked for one at a time: aiokafka 0.14 misreads answers about several groups."""
    (answer,) = await admin.describe_consumer_groups([group])
    code, members = answer.groups[0][0], answer.groups[0][5]
    if code:
        error: type[KafkaError] = for_code(code)
        raise error
    return len(members)


def moved(first: Standing, second: Standing) -> Group:
    """A group at two looks."""
    behind = sum(max(0, end - second.read[place]) for place, end in second.ends.items())
    passed_over = sum(max(0, end - second.read.get(place, end)) for place, end in first.ends.items())
    stands = behind > 0 and first.read == second.read
    return Group(behind, passed_over, stands, max(first.members, second.members))
