"""Commits the offsets of settled batches: at once if none was committed lately, else together with those that follow.

A commit costs both sides as much as fifty records; what it would have saved from being read again after a crash is dropped by its marks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from common.cloudevents import Record
from common.errors import Unavailable

EVERY = 0.25  # seconds between two commits


class Committing:
    """The offsets of one consumer; who gives partitions away commits first."""

    def __init__(
        self, consumer: Callable[[], Any], group: str, log: Any, note: Callable[[dict[tuple[str, int], int]], Awaitable[None]] | None = None
    ) -> None:
        """`note` writes down what is about to be committed; while it raises `Unavailable`, nothing is."""
        self._consumer, self._group, self._log, self._note = consumer, group, log, note
        self._settled: dict[tuple[str, int], int] = {}
        self._committed_at = float("-inf")
        self._later: asyncio.Task[None] | None = None
        self._stopping = False

    async def settled(self, records: Iterable[Record]) -> None:
        """These need not be read again."""
        self._settled |= {(record.topic, record.partition): record.offset + 1 for record in records}
        wait = self._committed_at + EVERY - asyncio.get_running_loop().time()
        if wait <= 0:
            await self.commit()
        else:
            self._commit_soon(wait)

    async def commit(self) -> None:
        """Commit what has been settled, as far as it is still ours."""
        settled, self._settled = self._settled, {}
        consumer = self._consumer()
        held = frozenset() if consumer is None else consumer.assignment()
        offsets = {TopicPartition(*place): offset for place, offset in settled.items() if place in held}
        if not offsets:
            return
        self._committed_at = asyncio.get_running_loop().time()
        try:
            if self._note is not None:
                await self._note({(place.topic, place.partition): offset for place, offset in offsets.items()})
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # Others read these records again and find them applied.
            self._log.warning("commit failed", group=self._group, error=error)
        except (KafkaError, Unavailable) as error:
            self._log.warning("commit failed", group=self._group, error=error)
            self._settled = settled | self._settled
            self._commit_soon(EVERY)  # nothing may follow for a long time

    async def give_away(self) -> None:
        """Commit before others read on; what could not be committed is theirs to read again."""
        await self.commit()
        self._settled = {}

    async def stop(self) -> None:
        """Commit what is left."""
        self._stopping = True
        if self._later is not None:
            self._later.cancel()
            with suppress(asyncio.CancelledError):
                await self._later
        await self.commit()

    def _commit_soon(self, seconds: float) -> None:
        if self._later is None and not self._stopping:
            self._later = asyncio.create_task(self._commit_after(seconds))

    async def _commit_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._later = None
        await self.commit()
