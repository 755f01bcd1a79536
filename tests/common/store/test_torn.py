"""A file whose pages are torn is noticed at the start after an unclean stop, and by who asks whether the store can be worked on."""

from pathlib import Path

import pytest
from chassis import KINDS, Thing, new

from common.errors import Unavailable
from common.probing import StoreProbe
from common.store.port import Store, TornStore
from common.store.sqlite import SqliteStore
from common.testing.memory import MemoryStore


async def filled(path: Path) -> SqliteStore:
    store = SqliteStore(path, KINDS)
    await store.start()
    for _ in range(200):
        await store.save(Thing(id=new(), version=1, seen=["x" * 200]), ())
    return store


def tear(path: Path) -> None:
    """Zeros where a page in the middle was, as a disk that lost power may leave it."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\x00" * 4096)


async def test_a_torn_file_is_refused_by_name_after_an_unclean_stop(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    await (await filled(path)).close()
    tear(path)
    (tmp_path / "store.sqlite.open").touch()  # as a process leaves it that did not stop cleanly

    with pytest.raises(TornStore, match=r"store\.sqlite is torn .* backup"):
        await SqliteStore(path, KINDS).start()


async def test_what_is_no_store_at_all_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"hello" * 1000)

    with pytest.raises(TornStore):
        await SqliteStore(path, KINDS).start()


async def test_a_clean_stop_leaves_no_mark_and_a_kill_does(tmp_path: Path) -> None:
    store, mark = await filled(tmp_path / "store.sqlite"), tmp_path / "store.sqlite.open"
    assert mark.exists()
    await store.close()
    assert not mark.exists()


async def test_a_probe_writes_and_reads(store: Store) -> None:
    await store.probe()
    await store.probe()


async def test_a_store_is_asked_once_a_second_however_often_somebody_wants_to_know() -> None:
    class Counted(MemoryStore):
        asked = 0

        async def probe(self) -> None:
            self.asked += 1
            raise Unavailable("It is away.")

    store = Counted()
    probe = StoreProbe(store)

    assert [await probe.failure() for _ in range(5)] == ["It is away."] * 5
    assert store.asked == 1
