"""A consumer group as Kafka's coordinator keeps it: members, generations, the range assignment, committed offsets."""

import asyncio
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError

from simulation.history import History
from simulation.log import PARTITIONS

HEARTBEAT, SESSION, JOIN = 3.0, 15.0, 60.0  # seconds, as the product sets them


class Member(Protocol):
    """A consumer, as the coordinator sees it."""

    name: str

    def rejoin(self) -> None:
        """Come back: there is to be another assignment."""


class Group:
    """Lives on the broker: it knows members only by what they send."""

    def __init__(self, name: str, topics: list[str], history: History) -> None:
        self.name, self.topics = name, sorted(topics)
        self.committed: dict[TopicPartition, int] = {}
        self.generation = 0
        self._history = history
        self._beats: dict[Member, float] = {}
        self._joining: dict[Member, asyncio.Future[tuple[int, frozenset[TopicPartition]]]] = {}
        self._since: float | None = None

    async def join(self, member: Member) -> tuple[int, frozenset[TopicPartition]]:
        """The generation and what the member has in it, once all have come or the time is over."""
        loop = asyncio.get_running_loop()
        self._beats[member] = loop.time()
        self._joining[member] = future = loop.create_future()
        self._prepare()
        self._complete()
        return await future

    def beat(self, member: Member) -> bool:
        """A sign of life; False when the member is to join again."""
        known = member in self._beats
        if known:
            self._beats[member] = asyncio.get_running_loop().time()
        return known and self._since is None

    def leave(self, member: Member) -> None:
        """A member ends cleanly."""
        self._drop(member, "leaves")

    def commit(self, member: Member, generation: int, offsets: dict[TopicPartition, int]) -> None:
        """Keep offsets of a member of this generation; of anybody else nothing is taken."""
        if member not in self._beats or generation != self.generation:
            raise CommitFailedError
        self.committed |= offsets

    async def watch(self) -> None:
        """Drop who has not been heard of; run by the world, for as long as it lasts."""
        while True:
            await asyncio.sleep(2.5)
            now = asyncio.get_running_loop().time()
            for member in [one for one, beat in self._beats.items() if now - beat > SESSION and one not in self._joining]:
                self._drop(member, "is not heard of any more")
            if self._since is not None and now - self._since > JOIN:
                for member in [one for one in self._beats if one not in self._joining]:
                    self._drop(member, "has not come back in time")
            self._complete()

    def forget(self, member: Member) -> None:
        """The connection of a member that waits to join is gone."""
        if member in self._joining:
            del self._joining[member]

    def _drop(self, member: Member, why: str) -> None:
        self._joining.pop(member, None)
        if self._beats.pop(member, None) is not None:
            self._history.note(self.name, f"{member.name} {why}")
            self._prepare()
            self._complete()

    def _prepare(self) -> None:
        if self._since is None and self._beats:
            self._since = asyncio.get_running_loop().time()

    def _complete(self) -> None:
        if self._since is None or not self._joining or self._beats.keys() - self._joining.keys():
            return
        self._since = None
        self.generation += 1
        joining, self._joining = self._joining, {}
        members = sorted(joining, key=lambda member: member.name)
        shares = {member: self._share(place, len(members)) for place, member in enumerate(members)}
        self._history.note(self.name, f"generation {self.generation}: " + ", ".join(member.name for member in members))
        for member, future in joining.items():
            self._beats[member] = asyncio.get_running_loop().time()
            if not future.done():
                future.set_result((self.generation, shares[member]))

    def _share(self, place: int, members: int) -> frozenset[TopicPartition]:
        """The range assignor: the same partitions of every topic, those that do not divide evenly to the first members."""
        each, more = divmod(PARTITIONS, members)
        start = place * each + min(place, more)
        partitions = range(start, start + each + (place < more))
        return frozenset(TopicPartition(topic, partition) for topic in self.topics for partition in partitions)


def lag(group: Group, log: Any) -> int:
    """Records that the group has not committed yet."""
    places = [TopicPartition(topic, partition) for topic in group.topics for partition in range(PARTITIONS)]
    return sum(log.end(*place) - group.committed.get(place, 0) for place in places)
