"""Aggregates in a SQLite file: one row each, indexed fields as columns, the outbox a table written in the same transaction."""

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from common.aggregate import Aggregate, How
from common.errors import Unavailable
from common.store.coalescing import Asked, Clearing, CoalescingStore, Key, Saving
from common.store.port import Entry, Range, Untold, Value, indexed_fields, plain

A = TypeVar("A", bound=Aggregate)
MANY = 500  # values in one IN (…)
BUSY = 10.0  # seconds to wait for a replica that is writing

OUTBOX = """
create table if not exists outbox (
    collection text, aggregate text, position integer, how text, id text, type text, key text, sequence integer, version integer,
    time text, data blob, trace text, correlation text, causation text, primary key (collection, aggregate, position)
) without rowid
"""
INSERT_ENTRY = "insert or ignore into outbox values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"


class SqliteStore(CoalescingStore):
    """Durable (`synchronous=FULL`), group commit in one thread; replicas of a service on one machine may share the file."""

    def __init__(self, path: Path, kinds: Iterable[type[Aggregate]]) -> None:
        super().__init__()
        self._path, self._kinds = path, {kind.collection: kind for kind in kinds}
        self._fields = {name: indexed_fields(kind) for name, kind in self._kinds.items()}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._db: sqlite3.Connection

    async def start(self) -> None:
        """Open the file, and create the tables and indexes that are missing."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Finish what has been asked for, then close the file."""
        await super().close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown()

    async def ping(self) -> None:
        """Answer, or raise `Unavailable`."""
        await self._other(lambda: self._db.execute("select 1").fetchone())

    async def find(
        self, kind: type[A], where: Mapping[str, Value | Range], *, order: str | None = None, newest_first: bool = False, limit: int = 1000, skip: int = 0
    ) -> list[A]:
        """Aggregates whose declared indexed fields match."""
        clause, values = self._clause(kind, where)
        direction = "desc" if newest_first else "asc"
        ordered = f" order by {self._declared(kind, order)} {direction}, id {direction}" if order else ""
        query = f"select document from {_quoted(kind.collection)}{clause}{ordered} limit ? offset ?"  # noqa: S608 - names are declared
        rows = await self._other(lambda: self._db.execute(query, [*values, limit, skip]).fetchall())
        return [kind.model_validate_json(document) for (document,) in rows]

    async def count(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""
        clause, values = self._clause(kind, where)
        query = f"select count(*) from {_quoted(kind.collection)}{clause}"  # noqa: S608 - names are declared
        rows = await self._other(lambda: self._db.execute(query, values).fetchall())
        return int(rows[0][0])

    async def delete(self, kind: type[Aggregate], id_: UUID, /) -> None:
        """Remove an aggregate with all its entries."""
        await self._other(lambda: self._delete(kind.collection, str(id_)))

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        """Aggregates with entries written before a moment, the oldest first."""
        rows = await self._other(lambda: self._untold(str(plain(before)), limit))
        found: dict[tuple[str, str], list[Entry]] = {}
        for row in rows:
            found.setdefault((row[0], row[1]), []).append(_entry(row))
        return [Untold(collection, UUID(id_), tuple(entries)) for (collection, id_), entries in found.items()]

    async def due(self, now: datetime, limit: int) -> list[tuple[str, UUID]]:
        """Aggregates with a waiting step whose time has come."""
        rows = await self._other(lambda: self._due(str(plain(now)), limit))
        return [(collection, UUID(id_)) for collection, id_ in rows]

    async def _answer(self, asked: Asked) -> None:
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._thread, self._work, asked)
        for future, answer in answers:
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(self._path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._create()
        except sqlite3.Error as error:
            raise Unavailable(f"The store {self._path} cannot be opened: {error}.") from error

    def _create(self) -> None:
        self._db.execute("begin immediate")
        self._db.execute(OUTBOX)
        self._db.execute("create index if not exists outbox_time on outbox (time)")
        for name, kind in self._kinds.items():
            table, fields = _quoted(name), "".join(f", {_quoted(field)}" for field in self._fields[name])
            self._db.execute(f"create table if not exists {table} (id text primary key, version integer, document blob, due text{fields}) without rowid")
            self._db.execute(f"create index if not exists {_quoted(name + '_due')} on {table} (due) where due is not null")
            for index in kind.indexes:
                columns = ", ".join(_quoted(field) for field in index)
                self._db.execute(f"create index if not exists {_quoted('_'.join((name, *index)))} on {table} ({columns})")
        self._db.execute("commit")

    def _work(self, asked: Asked) -> "list[tuple[asyncio.Future[object], object]]":
        try:
            answers = self._write(asked)
            answers += self._read(asked)
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise Unavailable(f"The store {self._path.name} does not answer: {error}.") from error
        return answers

    def _write(self, asked: Asked) -> "list[tuple[asyncio.Future[object], object]]":
        if not (asked.saves or asked.clears):
            return []
        self._db.execute("begin immediate")
        answers: list[tuple[asyncio.Future[object], object]] = [(future, self._save(saving)) for saving, future in asked.saves]  # type: ignore[misc]
        self._clear([clearing for clearing, _ in asked.clears])
        self._db.execute("commit")
        return answers + [(future, None) for _, future in asked.clears]  # type: ignore[misc]

    def _read(self, asked: Asked) -> "list[tuple[asyncio.Future[object], object]]":
        documents = self._get(asked.gets)
        answers: list[tuple[asyncio.Future[object], object]] = [(future, documents.get(key)) for key, future in asked.gets.items()]  # type: ignore[misc]
        return answers + [(future, work()) for work, future in asked.others]

    def _get(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        wanted: dict[str, list[str]] = {}
        for collection, id_ in keys:
            wanted.setdefault(collection, []).append(id_)
        found: dict[Key, bytes] = {}
        for collection, ids in wanted.items():
            for start in range(0, len(ids), MANY):
                part = ids[start : start + MANY]
                query = f"select id, document from {_quoted(collection)} where id in ({','.join('?' * len(part))})"  # noqa: S608 - declared names
                found.update(((collection, id_), document) for id_, document in self._db.execute(query, part))
        return found

    def _save(self, saving: Saving) -> bool:
        collection, id_ = saving.key
        table, fields = _quoted(collection), self._fields[collection]
        values = [saving.version, saving.document, saving.due, *(saving.indexed[field] for field in fields)]
        if saving.version == 1:
            marks = ",".join("?" * (len(values) + 1))
            cursor = self._db.execute(f"insert or ignore into {table} values ({marks})", [id_, *values])  # noqa: S608 - declared names
        else:
            columns = ", ".join(f"{_quoted(name)} = ?" for name in ("version", "document", "due", *fields))
            query = f"update {table} set {columns} where id = ? and version = ?"  # noqa: S608 - declared names
            cursor = self._db.execute(query, [*values, id_, saving.version - 1])
        if cursor.rowcount != 1:
            return False
        if saving.entries:
            self._db.executemany(INSERT_ENTRY, [_row(saving.key, entry) for entry in saving.entries])
        return True

    def _clear(self, clearings: Sequence[Clearing]) -> None:
        self._db.executemany(
            "delete from outbox where collection = ? and aggregate = ? and position <= ?", [(*clearing.key, clearing.position) for clearing in clearings]
        )

    def _delete(self, collection: str, id_: str) -> None:
        self._db.execute("begin immediate")
        self._db.execute(f"delete from {_quoted(collection)} where id = ?", [id_])  # noqa: S608 - declared names
        self._db.execute("delete from outbox where collection = ? and aggregate = ?", [collection, id_])
        self._db.execute("commit")

    def _untold(self, before: str, limit: int) -> list[tuple[str, ...]]:
        oldest = "select collection, aggregate from outbox where time < ? group by collection, aggregate order by min(time) limit ?"
        query = f"select o.* from outbox o join ({oldest}) using (collection, aggregate) order by o.collection, o.aggregate, o.position"  # noqa: S608
        return self._db.execute(query, [before, limit]).fetchall()

    def _due(self, now: str, limit: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name in self._kinds:
            query = f"select id from {_quoted(name)} where due <= ? order by due limit ?"  # noqa: S608 - declared names
            found += [(name, id_) for (id_,) in self._db.execute(query, [now, limit])]
        return found[:limit]

    def _clause(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> tuple[str, list[str | int | None]]:
        terms: list[str] = []
        values: list[str | int | None] = []
        for field, value in where.items():
            column = self._declared(kind, field)
            for operator, bound in _terms(value):
                terms.append(f"{column} {operator} ?")
                values.append(plain(bound))
        return (" where " + " and ".join(terms) if terms else ""), values

    def _declared(self, kind: type[Aggregate], field: str) -> str:
        if field not in self._fields[kind.collection]:
            raise LookupError(f"{kind.__name__}.{field} is in no index, so nothing can be found by it.")
        return _quoted(field)


def _terms(value: Value | Range) -> list[tuple[str, Value]]:
    if not isinstance(value, Range):
        return [("is", value)]
    return [(operator, bound) for operator, bound in ((">=", value.start), ("<", value.end)) if bound is not None]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', "") + '"'


def _row(key: Key, entry: Entry) -> tuple[str | int | bytes | None, ...]:
    correlation, causation = (None if id_ is None else str(id_) for id_ in (entry.correlation, entry.causation))
    return (*key, entry.position, entry.how, str(entry.id), entry.type, entry.key, entry.sequence, entry.version) + (
        str(plain(entry.time)),
        entry.data,
        entry.trace,
        correlation,
        causation,
    )


def _entry(row: tuple[str, ...]) -> Entry:
    _, _, position, how, id_, type_, key, sequence, version, time, data, trace, correlation, causation = row
    return Entry(
        int(position),
        How(how),
        UUID(id_),
        type_,
        key,
        int(sequence),
        int(version),
        datetime.fromisoformat(time),
        data,  # type: ignore[arg-type]
        trace,
        UUID(correlation) if correlation else None,
        UUID(causation) if causation else None,
    )
