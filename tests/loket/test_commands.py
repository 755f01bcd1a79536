"""What a person meets at the command line: one sentence and a status, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from loket.__main__ import app
from loket.errors import LoketError
from loket.supervisor import Layout, Ports
from loket.supervisor.layout import find_root


def loket(*arguments: str, folder: Path, says: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=says, env={"LOKET_FOLDER": str(folder)})


def test_the_clock_is_moved_and_shown(tmp_path: Path) -> None:
    assert "not shifted" in loket("clock", "show", folder=tmp_path).stdout

    moved = loket("clock", "forward", "3d", folder=tmp_path)

    assert moved.exit_code == 0
    assert "The clock is 3 days, 0:00:00 ahead" in loket("clock", "show", folder=tmp_path).stdout


def test_a_fault_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loket", "clock", "forward", "backwards"]
    refused = subprocess.run(
        command, env=os.environ | {"LOKET_FOLDER": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("loket: “backwards” is no step forward")
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_reset_wipes_only_after_a_yes(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    loket("clock", "forward", "1d", folder=folder)

    assert loket("reset", folder=folder, says="n\n").exit_code == 1
    assert (folder / "clock.json").exists()
    assert loket("reset", folder=folder, says="y\n").exit_code == 0
    assert not folder.exists()
    assert "Nothing to wipe" in loket("reset", "--yes", folder=folder).stdout


def test_a_port_base_that_is_no_number_is_explained() -> None:
    with pytest.raises(LoketError, match="LOKET_PORT_BASE=many is not a number"):
        Layout.read({"LOKET_PORT_BASE": "many"})


def test_all_ports_move_together() -> None:
    assert Ports.from_base() == Ports(8101, 8102, 8103, 8104, 8105, 8025, 19092)
    assert Ports.from_base(9100) == Ports(9101, 9102, 9103, 9104, 9105, 9025, 20092)
    with pytest.raises(LoketError, match="some ports fall outside"):
        Ports.from_base(60_000)


def test_the_layout_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")

    layout = Layout.read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "MONGO_URL": "mongodb://mongo"})

    assert find_root(Path.cwd()) == tmp_path
    assert (layout.folder, layout.region) == (tmp_path / ".loket", tmp_path / "regions" / "south-limburg")
    assert (layout.bootstrap, layout.mongo_url) == ("kafka:9092", "mongodb://mongo")
    assert "kafka" not in layout.needed_ports
