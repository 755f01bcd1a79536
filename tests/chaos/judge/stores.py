"""The copies of the services' stores, read as SQL and JSON.

How a service lays things out in SQLite: one table per collection with a row per aggregate, `id text`, `version integer`, `document blob`
(the state as JSON, snake_case), `due text` (when its first waiting step wants to run, ISO 8601 in UTC, or null), and a column per indexed
field, which the judge does not need; beside them one table `outbox` with a row for everything that follows from a change and has not
been carried out. In `document`: `told` counts the events told per topic, `applied` holds the marks of what has been heard, `waiting`
the steps that wait. With MongoDB the copy is a file of lines `{collection, id, document, outbox}`.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Document = dict[str, Any]
KEPT_BY_CHASSIS = "lanes"


class StoreCopy:
    """One service's store as it was after the drain."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, dict[str, Document]] = {}

    def collections(self) -> list[str]:
        """The kinds of aggregate in it."""
        if self.path.suffix == ".jsonl":
            return sorted({line["collection"] for line in self._lines()})
        names = self._ask("select name from sqlite_master where type = 'table' and name not in ('outbox', 'sqlite_sequence')")
        return sorted(name for (name,) in names)

    def each(self, collection: str) -> Iterator[Document]:
        """The aggregates of a collection one by one, for collections that are long."""
        if self.path.suffix == ".jsonl":
            yield from (line["document"] for line in self._lines() if line["collection"] == collection)
        elif collection in self.collections():
            yield from (orjson.loads(document) for (document,) in self._ask(f'select document from "{collection}"'))

    def of(self, collection: str) -> dict[str, Document]:
        """The aggregates of a collection by id; read once."""
        if collection not in self._found:
            self._found[collection] = {document["id"]: document for document in self.each(collection)}
        return self._found[collection]

    def untold(self) -> list[tuple[str, str]]:
        """Collection and id of what has entries in its outbox."""
        if self.path.suffix == ".jsonl":
            return [(line["collection"], line["id"]) for line in self._lines() if line["outbox"]]
        left = "select distinct collection, aggregate from outbox where acknowledged is null"
        return [(collection, id_) for collection, id_ in self._ask(left)]

    def _ask(self, query: str) -> Iterator[tuple[Any, ...]]:
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            yield from connection.execute(query)
        finally:
            connection.close()

    def _lines(self) -> Iterator[Document]:
        with self.path.open("rb") as lines:
            yield from map(orjson.loads, lines)
