"""The gate that every server has to pass before anything is trusted to it."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import PIPE
from uuid import UUID, uuid4

import pytest
from chassis import KINDS, NOW, Thing, new, until

from common.aggregate import How
from common.errors import Unavailable
from common.store import mongo, sqlite_file
from common.store.mongo import MongoStore
from common.store.port import Entry, Store
from common.store.sqlite import SqliteStore

WRITER = Path(__file__).parents[1] / "store_writer.py"


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = (
        SqliteStore(tmp_path / "store.sqlite", KINDS)
        if request.param == "sqlite"
        else MongoStore(request.getfixturevalue("mongo_url"), f"t{uuid4().hex}", KINDS)
    )
    await made.start()
    yield made
    await made.close()


async def count_up(store: Store, id_: UUID, times: int) -> None:
    for _ in range(times):
        while True:
            thing = await store.get(Thing, id_)
            assert thing is not None
            thing.n, thing.version = thing.n + 1, thing.version + 1
            if await store.save(thing, []):
                break


async def test_a_thousand_concurrent_increments_make_a_thousand(store: Store) -> None:
    thing = Thing(id=new(), version=1)
    await store.save(thing, [])

    await asyncio.gather(*(count_up(store, thing.id, 100) for _ in range(10)))

    found = await store.get(Thing, thing.id)
    assert found is not None
    assert (found.n, found.version) == (1000, 1001)


async def test_two_hundred_racing_creations_have_one_winner(store: Store) -> None:
    id_ = new()

    async def create(n: int) -> bool:
        await asyncio.sleep(0 if n % 2 else 0.001)
        return await store.save(Thing(id=id_, version=1, n=n), [])

    won = await asyncio.gather(*(create(n) for n in range(200)))

    assert won.count(True) == 1
    found = await store.get(Thing, id_)
    assert found is not None
    assert won[found.n]


async def test_two_hundred_entries_added_one_by_one_are_all_there(store: Store) -> None:
    thing = Thing(id=new())
    for position in range(1, 201):
        thing.version = position
        assert await store.save(
            thing, [Entry(position, How.TELL, new(), "case.referred", "k", position, position, NOW, b"{}", "", None, None)]
        )

    assert [entry.position for entry in await store.entries("things", thing.id)] == list(range(1, 201))


async def writer(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, str(WRITER), *arguments, stdout=PIPE)


async def acknowledged_until_killed(process: asyncio.subprocess.Process, enough: int) -> set[str]:
    assert process.stdout is not None
    acknowledged = {(await process.stdout.readline()).decode().strip() for _ in range(enough)}
    process.kill()
    rest = (await process.stdout.read()).decode().splitlines(keepends=True)
    await process.wait()
    return acknowledged | {line.strip() for line in rest if line.endswith("\n")}


async def test_what_sqlite_has_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"

    acknowledged = await acknowledged_until_killed(await writer("create", str(path)), 300)

    store = SqliteStore(path, KINDS)
    await store.start()
    found = await asyncio.gather(*(store.get(Thing, UUID(id_)) for id_ in acknowledged))
    untold = {str(one.id) for one in await store.untold(NOW.replace(year=2100), 1_000_000)}
    await store.close()
    assert len(acknowledged) >= 300
    assert all(found)
    assert acknowledged <= untold


@pytest.mark.mongo
async def test_what_the_mongo_protocol_server_has_acknowledged_survives_its_kill_9(tmp_path: Path) -> None:
    from loket.embedded.mongo import EmbeddedMongo

    acknowledged: list[UUID] = []

    async def create(store: Store) -> None:
        try:
            while True:
                thing = Thing(id=new(), version=1)
                await store.save(thing, [])
                acknowledged.append(thing.id)
        except Unavailable:
            return

    server = EmbeddedMongo(tmp_path / "mongo")
    store = MongoStore(server.start(), "kill", KINDS)
    await store.start()
    creating = [asyncio.create_task(create(store)) for _ in range(10)]
    await until(lambda: len(acknowledged) > 200)
    server.kill()
    await asyncio.gather(*creating)
    await store.close()

    server = EmbeddedMongo(tmp_path / "mongo")
    store = MongoStore(server.start(), "kill", KINDS)
    await store.start()
    found = await asyncio.gather(*(store.get(Thing, id_) for id_ in acknowledged))
    await store.close()
    server.stop()
    assert all(found)


async def test_two_processes_share_one_sqlite_file(tmp_path: Path) -> None:
    path, id_ = tmp_path / "store.sqlite", new()
    store = SqliteStore(path, KINDS)
    await store.start()
    await store.save(Thing(id=id_, version=1), [])

    processes = [await writer("count", str(path), str(id_), "150") for _ in range(2)]
    outcomes = [await process.wait() for process in processes]
    for process in processes:
        assert process.stdout is not None
        await process.stdout.read()

    found = await store.get(Thing, id_)
    await store.close()
    assert outcomes == [0, 0]
    assert found is not None
    assert found.n == 300


async def test_a_locked_file_is_unavailable_and_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY", 0.05)
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    rival = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    rival.execute("begin immediate")

    with pytest.raises(Unavailable):
        await store.save(Thing(id=new(), version=1), [])
    with pytest.raises(Unavailable):
        await store.told("things", new(), 1)

    assert await store.count(Thing, {}) == 0
    rival.execute("rollback")
    rival.close()
    assert await store.save(Thing(id=new(), version=1), [])
    await store.close()


async def test_a_locked_file_at_the_start_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY", 0.05)
    rival = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    rival.execute("begin exclusive")

    with pytest.raises(Unavailable):
        await SqliteStore(tmp_path / "store.sqlite", KINDS).start()

    rival.close()


@pytest.mark.parametrize("hindrance", ["a folder has its name", "its folder is a file"])
async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path, hindrance: str) -> None:
    path = tmp_path / "stores" / "store.sqlite"
    if hindrance == "a folder has its name":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("")

    with pytest.raises(Unavailable):
        await SqliteStore(path, KINDS).start()


async def test_a_full_disk_is_unavailable_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    first = Thing(id=new(), version=1)
    await store.save(first, [])
    pages = store._db.execute("pragma page_count").fetchone()[0]
    store._db.execute(f"pragma max_page_count = {pages}")

    with pytest.raises(Unavailable):
        await store.save(Thing(id=new(), version=1, seen=["x" * 100_000]), [])

    assert await store.get(Thing, first.id) == first
    store._db.execute("pragma max_page_count = 100000")
    assert await store.save(Thing(id=new(), version=1, seen=["x" * 100_000]), [])
    await store.close()


async def test_a_read_that_fails_does_not_undo_what_was_written_in_the_same_round(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    thing = Thing(id=new(), version=1)

    saving = asyncio.ensure_future(store.save(thing, []))
    reading = asyncio.ensure_future(store._other(lambda: store._db.execute("select nonsense from nowhere")))
    outcomes = await asyncio.gather(saving, reading, return_exceptions=True)

    assert outcomes[0] is True
    assert isinstance(outcomes[1], Exception)
    await store.close()


@pytest.mark.mongo
async def test_a_mongo_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "TIMEOUT_MS", 200)
    store = MongoStore("mongodb://127.0.0.1:1", "t", KINDS)

    with pytest.raises(Unavailable):
        await store.start()
    for asked in (store.get(Thing, new()), store.save(Thing(id=new(), version=1), []), store.find(Thing, {}), store.probe()):
        with pytest.raises(Unavailable):
            await asked

    await store.close()
