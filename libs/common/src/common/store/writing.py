"""Writes what a round of SQLite saves, many rows with a statement: at the end of each, the thread queues for the interpreter again."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, TypeVar

from common.aggregate import Aggregate
from common.store.coalescing import Clearing, Saving, by_collection
from common.store.port import indexed_fields
from common.store.tables import CLEAR_ENTRIES, KEEP_ENTRIES, TAKE_ENTRY, insert, row_of, update

T = TypeVar("T")
Row = tuple[Any, ...]
ROWS = (62, 8, 1)
"""Rows of one statement: few sizes, so that each is prepared once; 62 rows of an outbox have 992 values, and any SQLite takes 999."""


class Writer:
    """Works inside a transaction that somebody else begins and ends."""

    def __init__(self, db: sqlite3.Connection, kinds: Iterable[type[Aggregate]]) -> None:
        self._db = db
        self._updates = {kind.collection: update(kind.collection, indexed_fields(kind)) for kind in kinds}

    def save(self, savings: Sequence[Saving]) -> list[bool]:
        """Whether each was saved, in their order; entries and records come with those that were."""
        saved = [saving.version > 1 and self._change(saving) for saving in savings]
        created = by_collection((saving, place) for place, saving in enumerate(savings) if saving.version == 1)
        for collection, ones in created.items():
            for part in _parts(ones):
                for (_, place), was_new in zip(part, self._create(collection, [_row(saving) for saving, _ in part]), strict=True):
                    saved[place] = was_new
        self._follow([saving for saving, was_saved in zip(savings, saved, strict=True) if was_saved])
        return saved

    def take(self, taking: Clearing) -> bool:
        """Take one entry out; True for the one who did."""
        return self._db.execute(TAKE_ENTRY, [*taking.key, taking.position]).rowcount == 1

    def clear(self, clearings: Iterable[Clearing]) -> None:
        """Take out the entries up to a position of each aggregate; events that are to be kept stay, as acknowledged."""
        clearings = list(clearings)
        kept = [(clearing.keep_since, *clearing.key, clearing.position) for clearing in clearings if clearing.keep_since]
        if kept:
            self._db.executemany(KEEP_ENTRIES, kept)
        self._db.executemany(CLEAR_ENTRIES, [(*clearing.key, clearing.position) for clearing in clearings])

    def _create(self, collection: str, rows: Sequence[Row]) -> list[bool]:
        if len(rows) > 1:
            with suppress(sqlite3.IntegrityError):  # one of them is there already, so none has been added
                self._db.execute(insert(collection, len(rows[0]), len(rows), strict=True), [*chain.from_iterable(rows)])
                return [True] * len(rows)
        return [self._db.execute(insert(collection, len(row)), row).rowcount == 1 for row in rows]

    def _change(self, saving: Saving) -> bool:
        id_, *values = _row(saving)
        return self._db.execute(self._updates[saving.key[0]], (*values, id_, saving.version - 1)).rowcount == 1

    def _follow(self, savings: Sequence[Saving]) -> None:
        self._add("outbox", [row_of(saving.key, entry) for saving in savings for entry in saving.entries])
        records = by_collection((record, None) for saving in savings for record in saving.records)
        for collection, ones in records.items():
            self._add(collection, [_row(record) for record, _ in ones])

    def _add(self, table: str, rows: Sequence[Row]) -> None:
        """What is there already stays as it is."""
        for part in _parts(rows):
            self._db.execute(insert(table, len(part[0]), len(part)), [*chain.from_iterable(part)])


def _row(saving: Saving) -> Row:
    return (saving.key[1], saving.version, saving.document, saving.due, *saving.indexed.values())


def _parts(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    start = 0
    for size in ROWS:
        while len(whole) - start >= size:
            yield whole[start : start + size]
            start += size
