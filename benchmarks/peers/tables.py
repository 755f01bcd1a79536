"""The SQLite file of a peer: as durable as Loket's, one transaction for whatever is written at once."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from peers.work import Row

TABLES = ("cases", "visits", "agendas", "contacts", "messages", "visit_messages", "facts")
FILE = Path(os.environ["SQLITE_PATH"])


def open_tables() -> sqlite3.Connection:
    db = sqlite3.connect(FILE, isolation_level=None, check_same_thread=False)  # one thread at a time, not always the same
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    for table in TABLES:
        db.execute(f"create table if not exists {table} (id text primary key, recorded_at text, document blob) without rowid")
    db.execute("create index if not exists facts_recorded_at on facts (recorded_at)")
    return db


def write(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """All rows, durably; one statement per table."""
    tables: dict[str, list[tuple[str, str, bytes]]] = {}
    for table, *row in rows:
        tables.setdefault(table, []).append(tuple(row))
    if tables:
        db.execute("begin immediate")
        for table, values in tables.items():
            db.executemany(f"insert or replace into {table} values (?, ?, ?)", values)
        db.execute("commit")


def say_ready() -> None:
    """Let the benchmark know that partitions are there."""
    FILE.with_suffix(".ready").touch()
