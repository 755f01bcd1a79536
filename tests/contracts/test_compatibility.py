"""A change that breaks a reader is shown by a payload; one that breaks nobody passes."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from loket.commands.contracts import app
from loket.contracts.compat import breaks, compare
from loket.contracts.witness import FORMATS, witness
from loket.errors import LoketError

Schema = dict[str, Any]
CODE = {"type": "string", "pattern": "^[a-z_]{1,20}$", "examples": ["passport"]}


def of(required: tuple[str, ...] = ("id", "size"), **properties: Any) -> Schema:
    own = {"id": {"type": "string", "format": "uuid"}, "size": {"type": "integer", "minimum": 0, "maximum": 1000}}
    merged = {name: schema for name, schema in {**own, **properties}.items() if schema is not None}
    return {"type": "object", "properties": merged, "required": [name for name in required if name in merged]}


def inner(item: Schema) -> Schema:
    return {**of(parts={"type": "array", "items": {"$ref": "#/$defs/Part"}}, required=("id", "parts")), "$defs": {"Part": item}}


UNREADABLE = {
    "a field became required": (of(), of(("id", "size", "colour"), colour=CODE), "colour"),
    "a type changed": (of(), of(size={"type": "string"}), "size"),
    "an upper bound was lowered": (of(), of(size={"type": "integer", "minimum": 0, "maximum": 100}), "size"),
    "a lower bound was raised": (of(), of(size={"type": "integer", "minimum": 1, "maximum": 1000}), "size"),
    "a text became shorter": (of(word={"type": "string", "maxLength": 40}), of(word={"type": "string", "maxLength": 20}), "word"),
    "a list got a limit": (of(all={"type": "array", "items": CODE}), of(all={"type": "array", "items": CODE, "minItems": 1}), "all"),
    "a word left a list": (of(by={"enum": ["desk", "client"]}), of(by={"enum": ["desk"]}), "by"),
    "a pattern became another": (of(word=CODE), of(word={"type": "string", "pattern": "^[0-9]+$"}), "word"),
    "nothing is no longer allowed": (of(word={"anyOf": [CODE, {"type": "null"}]}), of(word=CODE), "word"),
    "a field within a list became required": (
        inner({"type": "object", "properties": {"no": {"type": "integer"}}}),
        inner({"type": "object", "properties": {"no": {"type": "integer"}}, "required": ["no"]}),
        "no",
    ),
    "a text became a moment": (of(at={"type": "string"}), of(at={"type": "string", "format": "date-time"}), "at"),
}
HARMLESS = {
    "an optional field came": (of(), of(colour=CODE)),
    "an optional field came within a list": (
        inner({"type": "object", "properties": {}}),
        inner({"type": "object", "properties": {"no": {"type": "integer"}}}),
    ),
    "an optional field went": (of(colour=CODE), of()),
    "only words about it changed": (of(), {**of(), "description": "other words", "examples": [{"id": "x"}]}),
}


@pytest.mark.parametrize(("old", "new", "place"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_the_log_holds_must_stay_readable(old: Schema, new: Schema, place: str) -> None:
    found = witness(old, new)
    assert found is not None
    assert place in found.place + found.reason


@pytest.mark.parametrize(("old", "new", "place"), UNREADABLE.values(), ids=UNREADABLE)
def test_who_has_not_been_updated_must_be_able_to_read_what_is_new(old: Schema, new: Schema, place: str) -> None:
    (first, *_) = breaks("thing.done.v1.json", new, old)
    assert first.seen is not None
    assert place in first.seen.place + first.seen.reason


@pytest.mark.parametrize(("old", "new"), HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_breaks_nobody_passes(old: Schema, new: Schema) -> None:
    assert list(breaks("thing.done.v1.json", old, new)) == []


@pytest.mark.parametrize(("old", "new", "_place"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_witness_is_accepted_by_one_side_and_refused_by_the_other(old: Schema, new: Schema, _place: str) -> None:
    found = witness(old, new)
    assert found is not None
    assert Draft202012Validator(old, format_checker=FORMATS).is_valid(found.payload)
    assert not Draft202012Validator(new, format_checker=FORMATS).is_valid(found.payload)


def test_a_published_schema_may_not_go(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    (old / "thing.done.v1.json").write_text(json.dumps(of()))
    (gone,) = compare(old, new)
    assert "has gone" in gone.told(())


@pytest.mark.usefixtures("made_before")
def test_two_folders_of_schemas_are_compared_by_the_command(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    published = root / "docs" / "contracts" / "schemas"
    assert CliRunner().invoke(app, ["compat", str(published), str(published)]).exit_code == 0
    for path in published.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    created = tmp_path / "case.created.v1.json"
    created.write_text(created.read_text().replace('"maximum": 1000', '"maximum": 1'))
    refused = CliRunner().invoke(app, ["compat", str(published), str(tmp_path)])
    assert isinstance(refused.exception, LoketError)
    assert "case.created.v1.json: a record that lies in the log would not be read any more" in str(refused.exception)
