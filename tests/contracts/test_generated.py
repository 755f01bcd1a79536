"""What is published is what the code says, and a difference is named."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.events.case import CaseReferred
from loket.commands.contracts import app
from loket.contracts.files import SCHEMAS, Files, broken, differing, write
from loket.contracts.services import Platform
from loket.errors import LoketError

REFERRED = SCHEMAS / "case.referred.v1.json"


@pytest.fixture
def published(files: Files, tmp_path: Path) -> Path:
    write(files, tmp_path)
    return tmp_path


def test_the_committed_files_are_what_the_code_says(files: Files, root: Path) -> None:
    assert [str(path) for path in differing(files, root)] == [], "run `make contracts` and look at the difference"


def test_what_was_just_written_differs_in_nothing(files: Files, published: Path) -> None:
    assert differing(files, published) == []
    assert write(files, published) == []


def test_a_file_that_was_edited_is_missing_or_is_left_over_is_named(files: Files, published: Path) -> None:
    (published / REFERRED).write_text("{}")
    (published / "docs/settings.md").unlink()
    (published / SCHEMAS / "case.forgotten.v1.json").write_text("{}")
    assert differing(files, published) == [SCHEMAS / "case.forgotten.v1.json", REFERRED, Path("docs/settings.md")]


@pytest.mark.usefixtures("made_before")
def test_the_command_ends_in_an_error_that_names_the_file(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (published / "docs/settings.md").write_text("something else")
    monkeypatch.chdir(published)
    checked = CliRunner().invoke(app, ["--check"])
    assert isinstance(checked.exception, LoketError)
    assert "docs/settings.md" in str(checked.exception)
    assert CliRunner().invoke(app, []).exit_code == 0
    assert CliRunner().invoke(app, ["--check"]).exit_code == 0


def test_an_earlier_version_of_a_topic_stays_published(files: Files, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CaseReferred, "version", 2)
    second = {path: text for path, text in files.items() if path != REFERRED}
    assert differing(second, published) == []


def test_a_schema_that_changes_under_its_readers_is_refused_with_a_payload(files: Files, published: Path, platform: Platform) -> None:
    schema = json.loads((published / REFERRED).read_text())
    del schema["properties"]["partyId"]
    schema["required"].remove("partyId")
    (published / REFERRED).write_text(json.dumps(schema))
    (found,) = broken(files, published)
    told = found.told(platform)
    assert "'partyId' is a required property" in told
    assert "witness: {" in told
    assert "read by notifications" in told
    assert "read by reporting (record_fact)" in told


@pytest.mark.usefixtures("made_before")
def test_the_command_writes_nothing_that_breaks_readers_unless_it_was_never_published(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = json.loads((published / REFERRED).read_text())
    schema["properties"]["warmTransfer"] = {"type": "string"}
    (published / REFERRED).write_text(json.dumps(schema))
    monkeypatch.chdir(published)
    refused = CliRunner().invoke(app, [])
    assert isinstance(refused.exception, LoketError)
    assert "give the event a new version" in str(refused.exception)
    assert json.loads((published / REFERRED).read_text()) == schema
    assert CliRunner().invoke(app, ["--unpublished"]).exit_code == 0
    assert json.loads((published / REFERRED).read_text())["properties"]["warmTransfer"]["type"] == "boolean"
