"""Lets many ask at once and answers them together: gets become one query, saves one transaction. This is where the speed comes from."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from common.aggregate import Aggregate
from common.errors import Unavailable
from common.store.port import Entry, indexed_values, plain

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
Key = tuple[str, str]  # collection, id
SOON = 0.02  # seconds that what is in no hurry waits for company: a transaction costs the same for one as for many


class Saving(NamedTuple):
    """An aggregate to be written, with what follows."""

    key: Key
    version: int
    document: bytes
    indexed: dict[str, str | int | None]
    due: str | None
    entries: Sequence[Entry]
    records: "Sequence[Saving]" = ()


class Clearing(NamedTuple):
    """Entries up to a position that have been carried out; their events are kept where it says since when."""

    key: Key
    position: int
    keep_since: str | None = None


@dataclass
class Asked:
    """What has come together since the last round."""

    gets: dict[Key, "list[asyncio.Future[bytes | None]]"] = field(default_factory=dict)
    saves: list[tuple[Saving, "asyncio.Future[bool]"]] = field(default_factory=list)
    clears: list[tuple[Clearing, "asyncio.Future[None]"]] = field(default_factory=list)
    takes: list[tuple[Clearing, "asyncio.Future[bool]"]] = field(default_factory=list)
    writing: bool = False
    others: list[tuple[Callable[[], Any], "asyncio.Future[Any]"]] = field(default_factory=list)

    def futures(self) -> "list[asyncio.Future[Any]]":
        """Everybody who waits for an answer."""
        rest = (self.saves, self.clears, self.takes, self.others)
        return [*chain.from_iterable(self.gets.values()), *(future for asked in rest for _, future in asked)]

    def apart(self) -> "list[Asked]":
        """Each of them alone, so that one whose data cannot be written fails by itself."""
        return [
            *(Asked(gets={key: futures}) for key, futures in self.gets.items()),
            *(Asked(saves=[one]) for one in self.saves),
            *(Asked(clears=[one]) for one in self.clears),
            *(Asked(takes=[one]) for one in self.takes),
            *(Asked(others=[one], writing=self.writing) for one in self.others),
        ]


class Rounds:
    """Collects what is asked for in one turn of the loop; one round is under way at a time, so a busy store makes larger rounds."""

    def __init__(self, answer: Callable[[Asked], Awaitable[None]], *, writing: bool) -> None:
        self._answer, self._writing = answer, writing
        self.asked = Asked(writing=writing)
        self._round: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None

    async def ask(self, future: "asyncio.Future[T]", *, hurry: bool = True) -> T:
        """The answer; what is in no hurry goes with the next that is, or soon by itself."""
        if hurry:
            self.begin()
        elif self._round is None and self._later is None:
            self._later = asyncio.get_running_loop().call_later(SOON, self.begin)
        return await future

    def begin(self) -> None:
        """See to it that a round is under way."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._round is None:
            self._round = asyncio.get_running_loop().create_task(self._rounds())

    async def finish(self) -> None:
        """Carry out what has been asked for."""
        self.begin()
        if self._round is not None:
            await self._round

    async def _rounds(self) -> None:
        try:
            await asyncio.sleep(0)  # the others of this turn may still ask
            while futures := self.asked.futures():
                asked, self.asked = self.asked, Asked(writing=self._writing)
                await self._one_round(asked, futures)
        finally:
            self._round = None

    async def _one_round(self, asked: Asked, futures: "list[asyncio.Future[Any]]") -> None:
        try:
            await self._answer(asked)
        except Unavailable as error:
            refuse(futures, error)
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of it, and nobody else
            parts = asked.apart()
            if len(parts) == 1:
                refuse(futures, error)
                return
            for alone in parts:
                waiting = [future for future in alone.futures() if not future.done()]
                if waiting:
                    await self._one_round(alone, waiting)


class CoalescingStore(ABC):
    """Reads and writes go round by themselves, so that nobody who reads waits until a disk has written."""

    def __init__(self) -> None:
        self._reading = Rounds(lambda asked: self._answer(asked), writing=False)  # noqa: PLW0108 - a test may put another in its place
        self._writing = Rounds(lambda asked: self._answer(asked), writing=True)  # noqa: PLW0108

    @abstractmethod
    async def _answer(self, asked: Asked) -> None:
        """Carry out one round and set every future."""

    async def get(self, kind: type[A], id_: UUID, /) -> A | None:
        """The aggregate as last saved."""
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._reading.asked.gets.setdefault((kind.collection, str(id_)), []).append(future)
        document = await self._reading.ask(future)
        return None if document is None else kind.model_validate_json(document)

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        """Write state, entries and records at once."""
        saving = _saving(aggregate, entries, [_saving(record) for record in records])
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._writing.asked.saves.append((saving, future))
        return await self._writing.ask(future)

    async def told(self, collection: str, id_: UUID, position: int, keep_since: datetime | None = None) -> None:
        """Clear the entries up to a position, or keep its events as acknowledged."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writing.asked.clears.append((Clearing((collection, str(id_)), position, _text(keep_since)), future))
        await self._writing.ask(future, hurry=False)

    async def take(self, collection: str, id_: UUID, position: int) -> bool:
        """Take one entry out; True for the one caller who did."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._writing.asked.takes.append((Clearing((collection, str(id_)), position), future))
        return await self._writing.ask(future)

    async def close(self) -> None:
        """Finish the rounds that have been asked for."""
        await self._reading.finish()
        await self._writing.finish()

    def _other(self, work: Callable[[], T], *, writing: bool = False) -> Awaitable[T]:
        """Let `work` run between the rounds of those who read, or of those who write."""
        rounds = self._writing if writing else self._reading
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        rounds.asked.others.append((work, future))
        return rounds.ask(future)


def by_collection(asked: Iterable[tuple[Any, T]]) -> dict[str, list[tuple[Any, T]]]:
    """What is asked for (savings, clearings, each with something of the caller's), one group per collection."""
    groups: dict[str, list[tuple[Any, T]]] = {}
    for one in asked:
        groups.setdefault(one[0].key[0], []).append(one)
    return groups


def refuse(futures: "list[asyncio.Future[Any]]", error: Exception) -> None:
    """Let everybody hear of it who still waits."""
    for future in futures:
        if not future.done():
            future.set_exception(Unavailable(str(error)) if isinstance(error, Unavailable) else error)
            future.exception()  # heard, even if the caller was cancelled


def _saving(aggregate: Aggregate, entries: Sequence[Entry] = (), records: Sequence[Saving] = ()) -> Saving:
    return Saving(
        (aggregate.collection, str(aggregate.id)),
        aggregate.version,
        aggregate.__pydantic_serializer__.to_json(aggregate),
        indexed_values(aggregate),
        _text(aggregate.next_due()),
        entries,
        records,
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else str(plain(moment))
