"""A process that writes to a SQLite store until it is killed, or counts up; each acknowledged id goes to standard output."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from chassis import KINDS, Thing

from common.aggregate import How
from common.store.port import Entry
from common.store.sqlite import SqliteStore


async def create(store: SqliteStore) -> None:
    """Create for ever, ten at a time."""

    async def one() -> None:
        while True:
            thing = Thing(id=uuid4(), version=1)
            told = Entry(1, How.TELL, uuid4(), "case.referred", "k", 1, 1, datetime(2026, 1, 1, tzinfo=UTC), b"{}", "", None, None)
            if await store.save(thing, [told]):
                print(thing.id, flush=True)  # noqa: T201 - the parent reads it

    await asyncio.gather(*(one() for _ in range(10)))


async def count(store: SqliteStore, id_: UUID, times: int) -> None:
    """Count one thing up by compare-and-set."""
    while times:
        thing = await store.get(Thing, id_)
        assert thing is not None
        thing.n, thing.version = thing.n + 1, thing.version + 1
        times -= await store.save(thing, [])


async def main(what: str, path: str, *more: str) -> None:
    store = SqliteStore(Path(path), KINDS)
    await store.start()
    if what == "create":
        await create(store)
    else:
        await count(store, UUID(more[0]), int(more[1]))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
