"""How aggregates and their outbox lie in SQLite's tables: statements, rows, and conditions over declared fields."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from common.aggregate import Aggregate, How
from common.store.coalescing import Key
from common.store.port import Entry, Range, Value, indexed_fields, plain

_OUTBOX = """
create table if not exists outbox (
    collection text, aggregate text, position integer, how text, id text, type text, key text, sequence integer, version integer,
    time text, data blob, trace text, correlation text, causation text,
    acknowledged text, submitter text not null default '', primary key (collection, aggregate, position)
) without rowid
"""
LATER_COLUMNS = {
    "acknowledged": "alter table outbox add column acknowledged text",
    "submitter": "alter table outbox add column submitter text not null default ''",
}
"""Columns that an older file lacks, in their order."""
CREATE_OUTBOX = (
    _OUTBOX,
    "drop index if exists outbox_time",
    "create index if not exists outbox_pending on outbox (time) where acknowledged is null",
    "create index if not exists outbox_acknowledged on outbox (acknowledged) where acknowledged is not null",
)
CLEAR_ENTRIES = "delete from outbox where collection = ? and aggregate = ? and position <= ? and acknowledged is null"
KEEP_ENTRIES = """
update outbox set acknowledged = ? where collection = ? and aggregate = ? and position <= ? and how = 'tell' and acknowledged is null
"""
FORGET_ENTRIES = "delete from outbox where acknowledged < ?"
TAKE_ENTRY = "delete from outbox where collection = ? and aggregate = ? and position = ?"
ENTRIES = "select * from outbox where collection = ? and aggregate = ? and acknowledged is null order by position"
UNTOLD = """
select o.* from outbox o join (
    select collection, aggregate, min(time) as oldest from outbox where time < ? and acknowledged is null
    group by collection, aggregate order by oldest limit ?
) using (collection, aggregate) where o.acknowledged is null order by oldest, o.collection, o.aggregate, o.position
"""
ACKNOWLEDGED = """
select o.* from outbox o join (
    select distinct collection, aggregate from outbox where acknowledged >= ?1 and (collection, aggregate) > (?2, ?3)
    order by collection, aggregate limit ?4
) using (collection, aggregate) where o.acknowledged >= ?1 order by o.collection, o.aggregate, o.position
"""


def quoted(name: str) -> str:
    """A name of our own, as SQL wants it."""
    return '"' + name.replace('"', "") + '"'


def declared(kind: type[Aggregate], field: str) -> str:
    """A field that is in an index, quoted."""
    if field not in indexed_fields(kind):
        raise LookupError(f"{kind.__name__}.{field} is in no index, so nothing can be found by it.")
    return quoted(field)


def create(kind: type[Aggregate]) -> Iterator[str]:
    """The statements that make the table of a kind with its indexes, where they are missing."""
    name, table, fields = kind.collection, quoted(kind.collection), "".join(f", {quoted(field)}" for field in indexed_fields(kind))
    yield f"create table if not exists {table} (id text primary key, version integer, document blob, due text{fields})"
    yield f"create index if not exists {quoted(name + '_due')} on {table} (due) where due is not null"
    for index in kind.indexes:
        columns = ", ".join(quoted(field) for field in index)
        yield f"create index if not exists {quoted('_'.join((name, *index)))} on {table} ({columns})"


def add_field(kind: type[Aggregate], field: str) -> Iterator[str]:
    """The statements that add an indexed text field to a table of before it was one."""
    table, column = quoted(kind.collection), quoted(field)
    yield f"alter table {table} add column {column}"
    yield f"update {table} set {column} = json_extract(cast(document as text), '$.{field}')"  # nosec B608 # noqa: S608 - declared names


@cache
def insert(name: str, columns: int, rows: int = 1, *, strict: bool = False) -> str:
    """The statement that adds rows; those that are there already stay as they are, or with `strict` fail it as a whole."""
    row = f"({','.join('?' * columns)})"
    return f"insert {'' if strict else 'or ignore '}into {quoted(name)} values {','.join([row] * rows)}"  # nosec B608 # noqa: S608 - declared names


def update(name: str, fields: Sequence[str]) -> str:
    """The statement that changes an aggregate, if its version is still the one expected: version, document, due, fields; id, version."""
    columns = ", ".join(f"{quoted(column)} = ?" for column in ("version", "document", "due", *fields))
    return f"update {quoted(name)} set {columns} where id = ? and version = ?"  # nosec B608 # noqa: S608 - declared names


def clause(kind: type[Aggregate], where: Mapping[str, Value | Range]) -> tuple[str, list[str | int | None]]:
    """The `where` of a query, with its values."""
    terms: list[str] = []
    values: list[str | int | None] = []
    for field, value in where.items():
        column = declared(kind, field)
        for operator, bound in _terms(value):
            terms.append(f"{column} {operator} ?")
            values.append(plain(bound))
    return (" where " + " and ".join(terms) if terms else ""), values


def row_of(key: Key, entry: Entry) -> tuple[str | int | bytes | None, ...]:
    """An entry as a row of the outbox."""
    correlation, causation = (None if id_ is None else str(id_) for id_ in (entry.correlation, entry.causation))
    head = (*key, entry.position, entry.how, str(entry.id), entry.type, entry.key, entry.sequence, entry.version)
    return (*head, str(plain(entry.time)), entry.data, entry.trace, correlation, causation, None, entry.submitter)


def entry_of(row: tuple[str, ...]) -> Entry:
    """A row of the outbox as an entry."""
    _, _, position, how, id_, type_, key, sequence, version, time, data, trace, correlation, causation, _, submitter = row
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
        submitter,
    )


def _terms(value: Value | Range) -> list[tuple[str, Value]]:
    if not isinstance(value, Range):
        return [("is", value)]
    return [(operator, bound) for operator, bound in ((">=", value.start), ("<", value.end)) if bound is not None]
