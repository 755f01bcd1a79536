"""A store that keeps everything in memory; it passes the contract suite of the real ones."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from common.aggregate import Aggregate, How
from common.store.port import Entry, Range, Untold, Value, indexed_fields, indexed_values, plain

A = TypeVar("A", bound=Aggregate)
Key = tuple[str, UUID]


class MemoryStore:
    """Documents as JSON, so that each reader gets a copy of its own."""

    def __init__(self) -> None:
        self._documents: dict[Key, tuple[int, bytes, datetime | None, dict[str, str | int | None]]] = {}
        self.outbox: dict[Key, list[Entry]] = {}
        self._acknowledged: dict[Key, list[tuple[datetime, Entry]]] = {}

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to let go."""

    async def probe(self) -> None:
        """Always there."""

    async def get(self, kind: type[A], id_: UUID, /) -> A | None:
        """The aggregate as last saved."""
        row = self._documents.get((kind.collection, id_))
        return None if row is None else kind.model_validate_json(row[1])

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        """Write state, entries and records at once."""
        key = (aggregate.collection, aggregate.id)
        row = self._documents.get(key)
        if (0 if row is None else row[0]) != aggregate.version - 1:
            return False
        self._documents[key] = (aggregate.version, aggregate.model_dump_json().encode(), aggregate.next_due(), indexed_values(aggregate))
        if entries:
            self.outbox.setdefault(key, []).extend(entries)
        for record in records:
            await MemoryStore.save(self, record, ())  # one that is there already stays as it is
        return True

    async def find(
        self,
        kind: type[A],
        where: Mapping[str, Value | Range],
        *,
        order: str | None = None,
        newest_first: bool = False,
        limit: int = 1000,
        skip: int = 0,
    ) -> list[A]:
        """Aggregates whose declared indexed fields match."""
        undeclared = ({*where} | ({order} if order else set())) - set(indexed_fields(kind))
        if undeclared:
            raise LookupError(f"{kind.__name__}: {', '.join(sorted(undeclared))} is in no index, so nothing can be found by it.")
        rows = [
            (row[3], str(id_), row[1])
            for (collection, id_), row in self._documents.items()
            if collection == kind.collection and _matches(row[3], where)
        ]
        if order:
            rows.sort(key=lambda row: (row[0][order] is not None, row[0][order], row[1]), reverse=newest_first)
        return [kind.model_validate_json(document) for _, _, document in rows[skip : skip + limit]]

    async def count(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""
        return len(await self.find(kind, where, limit=len(self._documents)))

    async def versions(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> dict[UUID, int]:
        """The version of each that matches."""
        return {one.id: one.version for one in await self.find(kind, where, limit=len(self._documents))}

    async def delete(self, kind: type[Aggregate], id_: UUID, /) -> None:
        """Remove an aggregate with all its entries."""
        self._documents.pop((kind.collection, id_), None)
        self.outbox.pop((kind.collection, id_), None)
        self._acknowledged.pop((kind.collection, id_), None)

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        """Aggregates with entries written before a moment, the oldest first."""
        waiting = [(entries[0].time, key, entries) for key, entries in self.outbox.items() if entries and entries[0].time < before]
        return [Untold(*key, tuple(entries)) for _, key, entries in sorted(waiting, key=lambda one: one[0])[:limit]]

    async def told(self, collection: str, id_: UUID, position: int, keep_since: datetime | None = None) -> None:
        """Clear the entries up to a position, or keep its events as acknowledged."""
        key = (collection, id_)
        if keep_since is not None:
            told = [entry for entry in self.outbox.get(key, ()) if entry.position <= position and entry.how is How.TELL]
            self._acknowledged.setdefault(key, []).extend((keep_since, entry) for entry in told)
        self._keep(key, lambda entry: entry.position > position)

    async def acknowledged(self, since: datetime, after: Key | None, limit: int) -> list[Untold]:
        """Aggregates with events kept as acknowledged since a moment, those after a given one."""
        kept = {key: tuple(entry for moment, entry in held if moment >= since) for key, held in self._acknowledged.items()}
        keys = sorted((key for key, held in kept.items() if held and (after is None or _order(key) > _order(after))), key=_order)
        return [Untold(*key, kept[key]) for key in keys[:limit]]

    async def forget_acknowledged(self, before: datetime) -> None:
        """Remove the events that were acknowledged before a moment."""
        for key, kept in list(self._acknowledged.items()):
            if left := [one for one in kept if one[0] >= before]:
                self._acknowledged[key] = left
            else:
                del self._acknowledged[key]

    async def take(self, collection: str, id_: UUID, position: int) -> bool:
        """Take one entry out; True for the one caller who did."""
        return self._keep((collection, id_), lambda entry: entry.position != position)

    async def entries(self, collection: str, id_: UUID) -> tuple[Entry, ...]:
        """Every entry of one aggregate, in order."""
        return tuple(self.outbox.get((collection, id_), ()))

    def _keep(self, key: Key, wanted: Callable[[Entry], bool]) -> bool:
        before = self.outbox.pop(key, [])
        if after := [entry for entry in before if wanted(entry)]:
            self.outbox[key] = after
        return len(after) < len(before)

    async def due(self, now: datetime, limit: int) -> list[tuple[str, UUID]]:
        """Aggregates with a waiting step whose time has come."""
        return [key for key, (_, _, due, _) in self._documents.items() if due is not None and due <= now][:limit]


def _order(key: Key) -> tuple[str, str]:
    return key[0], str(key[1])


def _matches(indexed: Mapping[str, str | int | None], where: Mapping[str, Value | Range]) -> bool:
    return all(_within(indexed[field], wanted) for field, wanted in where.items())


def _within(value: str | int | None, wanted: Value | Range) -> bool:
    if not isinstance(wanted, Range):
        return value == plain(wanted)
    start, end = plain(wanted.start), plain(wanted.end)
    if start is None and end is None:
        return True
    return value is not None and (start is None or value >= start) and (end is None or value < end)  # type: ignore[operator]
