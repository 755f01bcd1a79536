"""Consistent copies of what the services have stored, with the tools of the database itself."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
from pymongo import MongoClient

from chaos.platform import Platform
from loket.supervisor import SERVICES


def copy_stores(platform: Platform) -> None:
    """One file per service."""
    folder = platform.folder / "stores"
    folder.mkdir()
    for service in SERVICES:
        if platform.mongo_url:
            copy_mongo(platform.mongo_url, service, folder / f"{service}.jsonl")
        else:
            copy_sqlite(platform.state.store(service), folder / f"{service}.sqlite")


def copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(target)) as copy:
        store.backup(copy)


def copy_mongo(url: str, database: str, target: Path) -> None:
    """A line per aggregate: its state, and how much of its outbox is left."""
    with MongoClient(url) as client, target.open("wb") as file:
        for collection in sorted(client[database].list_collection_names()):
            for one in client[database][collection].find():
                line = {"collection": collection, "id": one["_id"], "document": one["state"], "outbox": len(one.get("outbox", ()))}
                file.write(orjson.dumps(line, default=str) + b"\n")
