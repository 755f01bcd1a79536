"""What a principal can really do on a secure Kafka: single requests, as a client could send them, and the answers."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from common.kafka_security import KafkaSecurity

ALLOWED, TOPIC_REFUSED, GROUP_REFUSED = 0, 29, 30
NODE, PARTITION, START = 1, 0, -2


class Principal:
    """One user; every method answers with what was allowed, and holds that all else was refused for want of a right."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client

    async def writes(self, topics: Iterable[str]) -> set[str]:
        """Topics that took a record."""
        return await self._allowed(ProduceRequest(None, -1, 10_000, [(topic, [(PARTITION, _record())]) for topic in topics]))

    async def reads(self, topics: Iterable[str]) -> set[str]:
        """Topics that gave their records."""
        return await self._allowed(FetchRequest(100, 1, 2**20, 0, [(topic, [(PARTITION, 0, 2**16)]) for topic in topics]))

    async def describes(self, topics: Iterable[str]) -> set[str]:
        """Topics whose first offset it was told."""
        return await self._allowed(OffsetRequest(-1, 0, [(topic, [(PARTITION, START)]) for topic in topics]))

    async def commits(self, groups: Iterable[str], topic: str) -> set[str]:
        """Groups in whose name it may say how far a topic, which it reads, has been read."""
        return {group for group in groups if await self._allowed(OffsetCommitRequest(group, -1, "", -1, [(topic, [(PARTITION, 0, "")])]))}

    async def finds(self, groups: Iterable[str]) -> set[str]:
        """Groups whose coordinator it was told."""
        answers = {group: await self._client.send(NODE, FindCoordinatorRequest(group, 0)) for group in groups}
        return _sorted_out((group, answer.error_code) for group, answer in answers.items())

    async def _allowed(self, request: Any) -> set[str]:
        answer = await self._client.send(NODE, request)
        return _sorted_out((topic, error) for topic, partitions in answer.topics for _, error, *_ in partitions)


@asynccontextmanager
async def connected(bootstrap: str, security: KafkaSecurity) -> AsyncIterator[Principal]:
    """A principal that has been let in."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, **security.of_client())
    await client.bootstrap()
    try:
        yield Principal(client)
    finally:
        await client.close()


def _sorted_out(outcomes: Iterable[tuple[str, int]]) -> set[str]:
    codes = dict(outcomes)
    assert set(codes.values()) <= {ALLOWED, TOPIC_REFUSED, GROUP_REFUSED}, codes
    return {name for name, code in codes.items() if code == ALLOWED}


def _record() -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 4096)
    builder.append(0, None, b"key", b"{}", [])
    return bytes(builder.build())
