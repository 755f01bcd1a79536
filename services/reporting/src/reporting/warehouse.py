"""Facts in DuckDB, in memory, in one thread: opened at the first question, and fed from the store before each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from reporting import spill
from reporting.definitions import Definition
from reporting.domain import Fact
from reporting.region import Region

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
Row = tuple[Any, ...]
VOCABULARY = Path(__file__).parent / "indicators" / "vocabulary.ddl"
FOREVER = date.max
OVERLAPS = (timedelta(seconds=2), timedelta(seconds=60), None)
"""How far back to read again until the numbers agree: writers of a busy store record a little out of order; None reads everything."""

COLUMNS = {
    "id": "uuid",
    "topic": "varchar",
    "subject": "uuid",
    "case_id": "uuid",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "sequence": "bigint",
    "partition": "integer",
    "offset": "bigint",
    "data": "varchar",
}
LOAD = f"""
insert into facts by name
with incoming as (select {", ".join(f'unnest(${name}::{kind}[]) as "{name}"' for name, kind in COLUMNS.items())})
select * from incoming where id not in (select id from facts where recorded_at >= $since::timestamptz)
"""  # nosec B608 # noqa: S608 - no value is put into the text


LIST = """
create or replace temp table {name} as
select *, strftime(day, '%Y-%m') as month, strftime(day, '%Y') as year
from ({counted})
"""


class Query(NamedTuple):
    """Our own SQL, and the values that it is given."""

    sql: str
    values: dict[str, object]


class Answer(NamedTuple):
    """The names of the columns, and the rows."""

    columns: list[str]
    rows: list[Row]


class Source(Protocol):
    """Where facts come from."""

    async def count(self) -> int:
        """How many there are."""

    def since(self, moment: datetime | None) -> AsyncIterator[list[Fact]]:
        """Those recorded at or after a moment, in pages by the time of recording."""


class Warehouse:
    """Every fact of the store as a row, with the words that definitions use; answers are as fresh as the store."""

    def __init__(self, facts: Source, region: Region, topics: frozenset[str], memory_mb: int = 256) -> None:
        self._facts, self._region, self._topics, self._memory_mb = facts, region, topics, memory_mb
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duckdb")
        self._feeding = asyncio.Lock()
        self._db: duckdb.DuckDBPyConnection | None = None
        self._spill: Path | None = None
        self._read = 0  # facts taken from the store
        self._latest: datetime | None = None
        self._lists: dict[str, int] = {}  # name to the facts that were there when it was made

    async def ask(self, definition: Definition, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries over the list of what a definition counts, all at one moment; moments must be asked for as text."""
        await self.feed()
        return await self._in_thread(lambda db: [_fetch(db, query) for query in queries if self._listed(db, definition)])

    async def feed(self) -> None:
        """Take what the store has and this has not.

        Facts are only ever added, so what is here is part of what is there, and equal numbers mean equal facts. When they differ the newest
        are read, then more, then all; the number is asked first, so that facts which come meanwhile do not look like missing ones.
        """
        async with self._feeding:
            expected = await self._facts.count()
            for overlap in OVERLAPS:
                if self._read >= expected:
                    return
                await self._load(None if overlap is None or self._latest is None else self._latest - overlap)

    async def close(self) -> None:
        """Let the memory go."""
        if self._db is not None:
            await self._in_thread(lambda db: db.close())
            self._db = None
        if self._spill is not None:
            spill.remove(self._spill)
            self._spill = None
        self._thread.shutdown()

    def _listed(self, db: duckdb.DuckDBPyConnection, definition: Definition) -> bool:
        """Make the list anew if facts have come since it was made; figures and lists of events read the same one."""
        if self._lists.get(definition.list_name) != self._read:
            db.execute(LIST.format(name=definition.list_name, counted=definition.counted))
            self._lists[definition.list_name] = self._read
        return True

    async def _load(self, since: datetime | None) -> None:
        async for page in self._facts.since(since):
            self._read += await self._in_thread(partial(_insert, page=page, topics=self._topics))
            newest = page[-1].recorded_at
            self._latest = newest if self._latest is None else max(self._latest, newest)

    async def _in_thread(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._opened()))

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._db is None:
            self._spill = spill.make()
            self._db = _open(self._region, self._memory_mb, self._spill)
        return self._db


def _open(region: Region, memory_mb: int, overflow: Path) -> duckdb.DuckDBPyConnection:
    import duckdb  # noqa: PLC0415 - 30 MB that a service without questions does not need

    db = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(overflow),  # what does not fit in memory
            "autoinstall_known_extensions": "false",  # nothing is fetched from anywhere: json and icu are in the wheel
            "autoload_known_extensions": "false",
        },
    )
    db.execute("set timezone = 'UTC'")
    db.execute("set variable timezone = $zone", {"zone": region.calendar.timezone})
    db.execute(VOCABULARY.read_text(encoding="utf-8"))
    _fill(db, "norms", _norms(region))
    _fill(db, "populations", [(m.indicator, m.field, m.value, m.valid_from, m.valid_to or FOREVER) for m in region.members])
    _fill(db, "holidays", [(holiday.day,) for holiday in region.calendar.holidays])
    return db


def _norms(region: Region) -> list[Row]:
    """Each norm holds until the next of its kind begins."""
    norms = sorted(region.norms, key=lambda one: (one.norm, one.valid_from))
    following = [*norms[1:], None]
    return [
        (norm.norm, norm.days, norm.valid_from, after.valid_from if after and after.norm == norm.norm else FOREVER)
        for norm, after in zip(norms, following, strict=True)
    ]


def _fill(db: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        db.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)  # nosec B608 # noqa: S608 - our own tables


def _insert(db: duckdb.DuckDBPyConnection, page: Sequence[Fact], topics: frozenset[str]) -> int:
    """Add the facts that are not there, and give their number; data that no definition reads stay in the store."""
    columns: dict[str, list[Any]] = {name: [getattr(fact, name) for fact in page] for name in COLUMNS}
    columns["data"] = [fact.data if fact.topic in topics else None for fact in page]
    return int(db.execute(LOAD, {**columns, "since": page[0].recorded_at}).fetchall()[0][0])


def _fetch(db: duckdb.DuckDBPyConnection, query: Query) -> Answer:
    cursor = db.execute(query.sql, query.values)
    return Answer([column[0] for column in cursor.description or []], cursor.fetchall())
