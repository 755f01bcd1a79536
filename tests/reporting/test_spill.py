"""What DuckDB writes beside the memory lies in a folder of its own, and nothing is left of it."""

import os
from pathlib import Path

import pytest
from reporting_room import Room

from reporting import spill


async def test_the_warehouse_spills_into_a_private_folder_and_takes_it_away(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    warehouse = room.figures._warehouse

    [(told,)] = await warehouse._in_thread(lambda db: db.execute("select current_setting('temp_directory')").fetchall())

    assert Path(told).parent == tmp_path
    assert Path(told).stat().st_mode & 0o777 == 0o700
    await warehouse.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_service_left_is_removed_and_what_another_uses_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = {"killed": f"{spill.NAME}99999999-a", "earlier": f"{spill.NAME}{os.getpid()}-b", "alive": f"{spill.NAME}{os.getppid()}-c"}
    for name in names.values():
        (tmp_path / name).mkdir()
    (tmp_path / f"{spill.NAME}link").symlink_to(tmp_path)

    made = spill.make()

    assert {path.name for path in tmp_path.iterdir()} == {made.name, names["alive"], f"{spill.NAME}link"}
    spill.remove(made)
