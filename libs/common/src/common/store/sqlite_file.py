"""Opens the file of a SQLite store: its settings, tables that are missing, and whether it is whole after an unclean stop."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from common.aggregate import Aggregate
from common.errors import Unavailable
from common.store.port import TornStore, indexed_fields
from common.store.tables import CREATE_OUTBOX, LATER_COLUMNS, add_field, create, quoted

BUSY = 10.0  # seconds to wait for a replica that is writing
CACHE_KB = 32_768  # ids are random, so every write finds its pages anywhere in the trees; SQLite's own 2 MB are read again and again
CHECKPOINT_PAGES = 8_000  # 32 MB of log before it is worked into the file, which all who write wait for
TORN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
SETTINGS = ("journal_mode=wal", "synchronous=full", f"cache_size={-CACHE_KB}", f"wal_autocheckpoint={CHECKPOINT_PAGES}")


def open_file(path: Path, kinds: Iterable[type[Aggregate]]) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Connections for writing and for reading; raises `TornStore`, or `Unavailable` where waiting may help."""
    db: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = _connect(path)
        for setting in SETTINGS:
            db.execute(f"pragma {setting}")
        if _marker(path).exists():
            _refuse_torn(db, path)
        _create(db, kinds)
        _marker(path).touch()
        return db, _connect(path)
    except (sqlite3.Error, OSError) as error:
        if db is not None:
            db.close()
        raise failure_of(path, error) from error


def close_file(path: Path, *connections: sqlite3.Connection) -> None:
    """Close, and note that the stop was clean."""
    for connection in connections:
        connection.close()
    _marker(path).unlink(missing_ok=True)


def probe(db: sqlite3.Connection) -> None:
    """Write a page and read it back."""
    with closing(db.execute("pragma user_version")) as found:
        number = (int(found.fetchone()[0]) + 1) % 2**31
    db.execute(f"pragma user_version={number}")
    with closing(db.execute("pragma user_version")) as found:
        if int(found.fetchone()[0]) != number:
            raise sqlite3.OperationalError("what was written cannot be read back")


def failure_of(path: Path, error: Exception) -> Exception:
    """What an error of the file means: torn for good, or away for now."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in TORN:
        return _torn(path, str(error))
    return Unavailable(f"The store {path} cannot be opened: {error}.")


def _torn(path: Path, reason: str) -> TornStore:
    return TornStore(f"The store {path} is torn ({reason}). Put its last backup in its place, then `loket recover` (docs/recovery.md).")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)


def _marker(path: Path) -> Path:
    """A file that is there while the store is open."""
    return path.with_name(path.name + ".open")


def _refuse_torn(db: sqlite3.Connection, path: Path) -> None:
    """Every page is looked at (`pragma quick_check`), since an unclean stop may have been a power cut."""
    with closing(db.execute("pragma quick_check(1)")) as found:
        said = str(found.fetchone()[0])
    if said != "ok":
        raise _torn(path, said.splitlines()[-1])


def _create(db: sqlite3.Connection, kinds: Iterable[type[Aggregate]]) -> None:
    kinds = tuple(kinds)
    db.execute("begin immediate")
    try:
        columns = _columns(db, "outbox")
        later = (add for column, add in LATER_COLUMNS.items() if columns and column not in columns)
        fields = chain.from_iterable(_later_fields(db, kind) for kind in kinds)
        for statement in chain(list(later), list(fields), CREATE_OUTBOX, *map(create, kinds)):
            db.execute(statement)
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def _later_fields(db: sqlite3.Connection, kind: type[Aggregate]) -> Iterator[str]:
    columns = _columns(db, kind.collection)
    return chain.from_iterable(add_field(kind, field) for field in indexed_fields(kind) if columns and field not in columns)


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"pragma table_info({quoted(table)})")}
