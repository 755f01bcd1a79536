"""The folder of a platform: with room enough, and for its owner alone."""

from pathlib import Path

import pytest
from loket_fixtures import open_to_others

from loket.errors import LoketError
from loket.supervisor import StateFolder


def test_a_disk_without_room_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(LoketError, match=r"Only \d+ MB is free on the disk of .* free some space, or name a folder .* LOKET_FOLDER"):
        StateFolder(tmp_path).check_space(2**62)


def test_a_folder_that_others_could_read_is_private_once_it_is_held(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.store("intake").parent.mkdir(parents=True)
    folder.store("intake").write_text("names")
    folder.store("intake").chmod(0o644)
    folder.path.chmod(0o755)

    folder.hold()
    folder.log("intake").parent.mkdir()
    folder.release()

    assert open_to_others(folder.path) == []
