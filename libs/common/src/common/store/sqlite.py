"""Aggregates in a SQLite file: one row each, indexed fields as columns, the outbox a table written in the same transaction."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from common.aggregate import Aggregate
from common.errors import Unavailable
from common.store.coalescing import Asked, CoalescingStore, Key, refuse
from common.store.port import Entry, Range, Untold, Value, plain
from common.store.sqlite_file import close_file, open_file, probe
from common.store.tables import (
    ACKNOWLEDGED,
    ENTRIES,
    FORGET_ENTRIES,
    UNTOLD,
    clause,
    declared,
    entry_of,
    quoted,
)
from common.store.writing import Writer

A = TypeVar("A", bound=Aggregate)
MANY = 500  # values in one IN (…)
FEW = 8  # keys that the loop looks up itself: pages in memory are nearer than another thread and back (a `get`: 23 against 105 µs)

OUR_FAULT = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError)
"""What no patience heals: a value that SQLite cannot hold, a statement that is wrong."""


class SqliteStore(CoalescingStore):
    """Durable (`synchronous=FULL`), group commit in one thread; replicas of a service on one machine may share the file."""

    def __init__(self, path: Path, kinds: Iterable[type[Aggregate]]) -> None:
        super().__init__()
        self._path, self._kinds = path, {kind.collection: kind for kind in kinds}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._reading_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reading")
        self._db: sqlite3.Connection
        self._reader: sqlite3.Connection
        self._writer: Writer

    async def start(self) -> None:
        """Open the file, and create the tables and indexes that are missing."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Finish what has been asked for, then close the file."""
        await super().close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()
        self._reading_thread.shutdown()

    async def probe(self) -> None:
        """Write a page and read it back, or raise `Unavailable`."""
        await self._other(lambda: probe(self._db), writing=True)

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
        condition, values = clause(kind, where)
        direction = "desc" if newest_first else "asc"
        ordered = f" order by {declared(kind, order)} {direction}, id {direction}" if order else ""
        query = f"select document from {quoted(kind.collection)}{condition}{ordered} limit ? offset ?"  # nosec B608 # noqa: S608 - names are declared
        rows = await self._other(lambda: self._reader.execute(query, [*values, limit, skip]).fetchall())
        return [kind.model_validate_json(document) for (document,) in rows]

    async def count(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""
        condition, values = clause(kind, where)
        query = f"select count(*) from {quoted(kind.collection)}{condition}"  # nosec B608 # noqa: S608 - names are declared
        rows = await self._other(lambda: self._reader.execute(query, values).fetchall())
        return int(rows[0][0])

    async def versions(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> dict[UUID, int]:
        """The version of each that matches."""
        condition, values = clause(kind, where)
        query = f"select id, version from {quoted(kind.collection)}{condition}"  # nosec B608 # noqa: S608 - names are declared
        return {UUID(id_): version for id_, version in await self._other(lambda: self._reader.execute(query, values).fetchall())}

    async def delete(self, kind: type[Aggregate], id_: UUID, /) -> None:
        """Remove an aggregate with all its entries."""
        await self._other(lambda: self._delete(kind.collection, str(id_)), writing=True)

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        """Aggregates with entries written before a moment, the oldest first."""
        return _by_aggregate(await self._other(lambda: self._reader.execute(UNTOLD, [str(plain(before)), limit]).fetchall()))

    async def acknowledged(self, since: datetime, after: tuple[str, UUID] | None, limit: int) -> list[Untold]:
        """Aggregates with events kept as acknowledged since a moment, those after a given one."""
        start = ("", "") if after is None else (after[0], str(after[1]))
        return _by_aggregate(await self._other(lambda: self._reader.execute(ACKNOWLEDGED, [str(plain(since)), *start, limit]).fetchall()))

    async def forget_acknowledged(self, before: datetime) -> None:
        """Remove the events that were acknowledged before a moment."""
        await self._other(lambda: self._db.execute(FORGET_ENTRIES, [str(plain(before))]), writing=True)

    async def entries(self, collection: str, id_: UUID) -> tuple[Entry, ...]:
        """Every entry of one aggregate, in order."""
        rows = await self._other(lambda: self._reader.execute(ENTRIES, [collection, str(id_)]).fetchall())
        return tuple(entry_of(row) for row in rows)

    async def due(self, now: datetime, limit: int) -> list[tuple[str, UUID]]:
        """Aggregates with a waiting step whose time has come."""
        rows = await self._other(lambda: self._due(str(plain(now)), limit))
        return [(collection, UUID(id_)) for collection, id_ in rows]

    async def _answer(self, asked: Asked) -> None:
        if asked.gets and len(asked.gets) <= FEW and not (asked.writing or asked.others):
            answers = self._work(asked)
        else:
            thread = self._thread if asked.writing or asked.saves or asked.clears or asked.takes else self._reading_thread
            answers = await asyncio.get_running_loop().run_in_executor(thread, self._work, asked)
        for future, answer in answers:
            if isinstance(answer, Exception):
                refuse([future], answer)
            elif not future.done():
                future.set_result(answer)

    def _open(self) -> None:
        self._db, self._reader = open_file(self._path, self._kinds.values())
        self._writer = Writer(self._db, self._kinds.values())

    def _close(self) -> None:
        close_file(self._path, self._reader, self._db)

    def _work(self, asked: Asked) -> "list[tuple[asyncio.Future[Any], Any]]":
        try:
            written = self._write(asked)
        except sqlite3.Error as error:
            raise self._told_apart(error) from error
        return written + self._read(asked)  # what is written stays written, whatever becomes of the reads

    def _told_apart(self, error: sqlite3.Error) -> Exception:
        return error if isinstance(error, OUR_FAULT) else Unavailable(f"The store {self._path.name} does not answer: {error}.")

    def _write(self, asked: Asked) -> "list[tuple[asyncio.Future[Any], Any]]":
        if not (asked.saves or asked.clears or asked.takes):
            return []
        with self._transaction():
            saved = self._writer.save([saving for saving, _ in asked.saves])
            answers: list[tuple[asyncio.Future[Any], Any]] = list(zip((future for _, future in asked.saves), saved, strict=True))
            answers += [(future, self._writer.take(taking)) for taking, future in asked.takes]
            self._writer.clear(clearing for clearing, _ in asked.clears)
        return answers + [(future, None) for _, future in asked.clears]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already
                self._db.execute("rollback")
            raise

    def _read(self, asked: Asked) -> "list[tuple[asyncio.Future[Any], Any]]":
        documents = self._tried(lambda: self._get(asked.gets))
        found = documents if isinstance(documents, dict) else dict.fromkeys(asked.gets, documents)
        answers: list[tuple[asyncio.Future[Any], Any]] = [(one, found.get(key)) for key, futures in asked.gets.items() for one in futures]
        return answers + [(future, self._tried(work)) for work, future in asked.others]

    def _tried(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except sqlite3.Error as error:
            return self._told_apart(error)

    def _get(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        wanted: dict[str, list[str]] = {}
        for collection, id_ in keys:
            wanted.setdefault(collection, []).append(id_)
        found: dict[Key, bytes] = {}
        for collection, ids in wanted.items():
            for start in range(0, len(ids), MANY):
                part = ids[start : start + MANY]
                query = f"select id, document from {quoted(collection)} where id in ({','.join('?' * len(part))})"  # nosec B608 # noqa: S608 - declared names
                found.update(((collection, id_), document) for id_, document in self._reader.execute(query, part))
        return found

    def _delete(self, collection: str, id_: str) -> None:
        with self._transaction():
            self._db.execute(f"delete from {quoted(collection)} where id = ?", [id_])  # nosec B608 # noqa: S608 - declared names
            self._db.execute("delete from outbox where collection = ? and aggregate = ?", [collection, id_])

    def _due(self, now: str, limit: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name in self._kinds:
            query = f"select id from {quoted(name)} where due <= ? order by due limit ?"  # nosec B608 # noqa: S608 - declared names
            found += [(name, id_) for (id_,) in self._reader.execute(query, [now, limit])]
        return found[:limit]


def _by_aggregate(rows: Iterable[tuple[str, ...]]) -> list[Untold]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(entry_of(row))
    return [Untold(collection, UUID(id_), tuple(entries)) for (collection, id_), entries in found.items()]
