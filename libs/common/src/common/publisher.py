"""Hands records to Kafka: what is asked for in one turn of the loop leaves in one batch per partition, in order, and is acknowledged.

A broker acknowledges what its disk may not have yet: what was acknowledged lately is kept, and sent once more where the log has lost it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from common.cloudevents import Outgoing
from common.errors import Unavailable
from common.kafka_security import PLAINTEXT, KafkaSecurity
from common.log import end_offsets
from common.topics import MESSAGE_LIMIT
from common.waiting import let_go

PATIENCE = 15.0  # seconds until the outcome of a batch counts as unknown

RECORD_LIMIT = MESSAGE_LIMIT - 16_384  # bytes of a value; headers and framing take the rest

Place = tuple[str, int]  # topic, partition
Kept = Callable[[datetime], AsyncIterator[list[Outgoing]]]
EVER = datetime(1, 1, 1, tzinfo=UTC)


async def nothing_kept(_since: datetime) -> AsyncIterator[list[Outgoing]]:
    """Of who keeps nothing of what was acknowledged."""
    nothing: list[list[Outgoing]] = []
    for page in nothing:
        yield page


class _Asked(NamedTuple):
    records: list[Outgoing]
    future: "asyncio.Future[None]"


@lru_cache(65_536)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


class Publisher:
    """The one place that produces. A producer whose batch has an unknown outcome is thrown away and the batch counts as not sent."""

    def __init__(
        self,
        bootstrap_servers: str,
        client_id: str,
        topic_prefix: str = "",
        security: KafkaSecurity = PLAINTEXT,
        kept: Kept = nothing_kept,
        log: Any = None,
    ) -> None:
        self._bootstrap, self._client_id, self._prefix, self._security = bootstrap_servers, client_id, topic_prefix, security
        self._kept, self._log = kept, log
        self.written: dict[Place, int] = {}
        """The offset after the last acknowledged record, by topic (without the prefix) and partition."""
        self._producer: AIOKafkaProducer | None = None
        self._connections: list[Any] = []
        self._asked: list[_Asked] = []
        self._round: asyncio.Task[None] | None = None
        self._producing = asyncio.Lock()

    async def send(self, records: list[Outgoing]) -> None:
        """Return when all are acknowledged by all replicas in sync; `Unavailable` when that is not certain.

        Records of one call with the same topic and key keep their order; of several topics none is promised.
        """
        if any(len(record.value) > RECORD_LIMIT for record in records):
            raise ValueError(f"{records[0].topic}: a record is larger than {RECORD_LIMIT} bytes; Kafka would refuse it for ever.")
        asked = _Asked(records, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._round is None:
            self._round = asyncio.get_running_loop().create_task(self._rounds())
        await asked.future

    async def send_again(self, since: datetime) -> int:
        """Send what was acknowledged since a moment once more, before anything new; the number of records. Raises `Unavailable`."""
        try:
            async with self._producing:
                return await self._send_kept(await self._started(), since)
        except (KafkaError, TimeoutError, OSError) as error:
            await self._throw_away()
            raise Unavailable(f"Kafka has not acknowledged: {type(error).__name__}.") from error

    async def close(self) -> None:
        """Finish what has been asked for, then let go."""
        if self._round is not None:
            await self._round
        await self._throw_away()

    async def _rounds(self) -> None:
        try:
            await asyncio.sleep(0)
            while asked := self._asked:
                self._asked = []
                await self._one_round(asked)
        finally:
            self._round = None

    async def _one_round(self, asked: list[_Asked]) -> None:
        try:
            async with self._producing:
                producer = await self._started()
                async with asyncio.timeout(PATIENCE):
                    await self._produce(producer, [record for one in asked for record in one.records])
        except (KafkaError, TimeoutError, OSError) as error:
            await self._throw_away()
            _refuse(asked, Unavailable(f"Kafka has not acknowledged: {type(error).__name__}."))
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of a bug as well
            await self._throw_away()
            _refuse(asked, error)
        else:
            for one in asked:
                if not one.future.done():
                    one.future.set_result(None)

    async def _produce(self, producer: AIOKafkaProducer, records: Iterable[Outgoing]) -> None:
        places: dict[Place, list[Outgoing]] = {}
        for record in records:
            topic = self._prefix + record.topic
            partitions = await self._count(producer, topic)
            places.setdefault((topic, _hash(record.key) % partitions), []).append(record)
        batches = [(place, *one) for place, batch in places.items() for one in await _hand_over(producer, place, batch)]
        answers = await asyncio.gather(*(acknowledgement for _, _, acknowledgement in batches))
        for ((topic, partition), count, _), answer in zip(batches, answers, strict=True):
            place = (topic.removeprefix(self._prefix), partition)
            self.written[place] = max(self.written.get(place, 0), answer.offset + count)
        self._connections = [connection for (node, _), connection in producer.client._conns.items() if node != "bootstrap"]  # noqa: SLF001

    async def _send_kept(self, producer: AIOKafkaProducer, since: datetime) -> int:
        count = 0
        async for page in self._kept(since):
            async with asyncio.timeout(PATIENCE):
                await self._produce(producer, page)
            count += len(page)
        return count

    async def _mend_lost_tail(self, producer: AIOKafkaProducer) -> None:
        """A broker that lost power may have lost what it had acknowledged: it is sent again before anything that came later."""
        if not self.written:
            return
        places = [TopicPartition(self._prefix + topic, partition) for topic, partition in self.written]
        async with asyncio.timeout(PATIENCE):
            ends = await end_offsets(self._bootstrap, self._security, places)
        lost = {place: end for place, end in zip(self.written, map(ends.__getitem__, places), strict=True) if end < self.written[place]}
        if not lost:
            return
        records = sum(self.written[place] - end for place, end in lost.items())
        if self._log is not None:
            self._log.error("kafka has lost acknowledged records", records=records, partitions=len(lost))
        known, self.written = self.written, self.written | lost
        try:
            await self._send_kept(producer, EVER)
        except BaseException:
            self.written = known  # not mended yet: the next producer looks again
            raise

    async def _count(self, producer: AIOKafkaProducer, topic: str) -> int:
        known = producer.client.cluster.partitions_for_topic(topic) or await producer.partitions_for(topic)
        return len(known)

    async def _started(self) -> AIOKafkaProducer:
        if any(not connection.connected() for connection in self._connections):
            await self._throw_away()  # the broker may have gone down with what it had acknowledged
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                enable_idempotence=True,
                acks="all",
                max_batch_size=MESSAGE_LIMIT,
                max_request_size=MESSAGE_LIMIT * 4,
                request_timeout_ms=10_000,
                **self._security.of_client(),
            )
            try:
                async with asyncio.timeout(PATIENCE):
                    await producer.start()
            except BaseException:
                await _end(producer)
                raise
            self._producer = producer
            await self._mend_lost_tail(producer)
        return self._producer

    async def _throw_away(self) -> None:
        """Not `stop`, which waits for ever while the broker is down, and leaves behind a task that sends long after its successor."""
        producer, self._producer, self._connections = self._producer, None, []
        if producer is not None:
            await _end(producer)


async def _end(producer: AIOKafkaProducer) -> None:
    producer._closed = True  # noqa: SLF001 - what `stop` does, without its waiting
    with suppress(KafkaError, OSError):
        if producer._sender is not None:  # noqa: SLF001
            await producer._sender.close()  # noqa: SLF001
        await let_go(producer.client.close())


def _refuse(asked: list[_Asked], error: Exception) -> None:
    for one in asked:
        if not one.future.done():
            one.future.set_exception(error)
            one.future.exception()  # heard, even if the caller was cancelled


async def _hand_over(producer: AIOKafkaProducer, place: Place, records: list[Outgoing]) -> "list[tuple[int, asyncio.Future[Any]]]":
    """The number of records of each batch, and its acknowledgement."""
    acknowledgements = []
    batch, count = producer.create_batch(), 0
    for record in records:
        if not _append(batch, record):
            acknowledgements.append((count, await producer.send_batch(batch, place[0], partition=place[1])))
            batch, count = producer.create_batch(), 0
            _append(batch, record)  # the first is taken whatever its size
        count += 1
    acknowledgements.append((count, await producer.send_batch(batch, place[0], partition=place[1])))
    return acknowledgements


def _append(batch: Any, record: Outgoing) -> bool:
    return batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers) is not None
