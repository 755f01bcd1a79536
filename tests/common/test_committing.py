"""Offsets are committed at once when that is seldom, together when it would be often, and always before partitions are given away."""

import asyncio
from collections.abc import Iterable

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError
from chassis import FakeRecord, Log, until

from common import committing
from common.committing import Committing

HERE, THERE = TopicPartition("a", 0), TopicPartition("a", 1)


class Consumer:
    def __init__(self, held: Iterable[TopicPartition]) -> None:
        self.held, self.commits = set(held), []
        self.trouble: Exception | None = None

    def assignment(self) -> set[TopicPartition]:
        return self.held

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.trouble:
            raise self.trouble
        self.commits.append(offsets)


def record(offset: int, partition: int = 0) -> FakeRecord:
    return FakeRecord("a", partition, offset, b"k", b"", ())


@pytest.fixture
def consumer() -> Consumer:
    return Consumer([HERE, THERE])


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def committing_(consumer: Consumer, log: Log, monkeypatch: pytest.MonkeyPatch) -> Committing:
    monkeypatch.setattr(committing, "EVERY", 3600.0)
    return Committing(lambda: consumer, "group", log)


async def test_the_first_batch_is_committed_at_once(consumer: Consumer, committing_: Committing) -> None:
    await committing_.settled([record(4), record(5), record(8, 1)])

    assert consumer.commits == [{HERE: 6, THERE: 9}]
    await committing_.stop()
    assert len(consumer.commits) == 1


async def test_batches_soon_after_are_committed_together(consumer: Consumer, committing_: Committing) -> None:
    for offset in (4, 5, 6):
        await committing_.settled([record(offset)])
    assert consumer.commits == [{HERE: 5}]

    await committing_.stop()

    assert consumer.commits == [{HERE: 5}, {HERE: 7}]


async def test_what_nothing_follows_is_committed_by_itself(consumer: Consumer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "EVERY", 0.01)
    one = Committing(lambda: consumer, "group", log)
    await one.settled([record(4)])
    await one.settled([record(5)])

    async with asyncio.timeout(5):
        while len(consumer.commits) < 2:
            await asyncio.sleep(0.005)

    assert consumer.commits == [{HERE: 5}, {HERE: 6}]


async def test_what_has_gone_to_another_member_is_left_to_it(consumer: Consumer, committing_: Committing) -> None:
    await committing_.settled([record(4)])
    await committing_.settled([record(5), record(9, 1)])
    consumer.held.discard(HERE)

    await committing_.commit()

    assert consumer.commits[1:] == [{THERE: 10}]


async def test_a_commit_that_fails_is_said_and_the_next_goes_further(consumer: Consumer, committing_: Committing, log: Log) -> None:
    consumer.trouble = CommitFailedError()
    await committing_.settled([record(4)])
    consumer.trouble = None
    await committing_.settled([record(5)])
    await committing_.stop()

    assert [line[1] for line in log.lines] == ["commit failed"]
    assert consumer.commits == [{HERE: 6}]


async def test_offsets_that_kafka_did_not_take_are_committed_again_though_nothing_follows(
    consumer: Consumer, committing_: Committing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "EVERY", 0.01)
    consumer.trouble = KafkaError()
    await committing_.settled([record(4)])
    consumer.trouble = None

    await until(lambda: consumer.commits)

    assert consumer.commits == [{HERE: 5}]
    await committing_.stop()


async def test_what_was_not_committed_before_partitions_went_is_left_to_who_reads_on(
    consumer: Consumer, committing_: Committing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "EVERY", 0.01)
    consumer.trouble = KafkaError()
    await committing_.settled([record(4)])
    await committing_.give_away()
    consumer.trouble = None

    await committing_.settled([record(2, 1)])
    await committing_.stop()

    assert consumer.commits == [{THERE: 3}]
