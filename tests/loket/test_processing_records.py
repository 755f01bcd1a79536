"""`loket processing-records export` walks through every page of both logbooks."""

from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from loket.__main__ import app
from loket.commands import processing_records

PAGES = {("intake", None): (["a", "b"], "next"), ("intake", "next"): (["a"], None), ("notifications", None): (["b"], None)}


def record(subject: str) -> dict[str, Any]:
    return {"attributes": {"dpl.core.data_subject_id": subject}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    asked = []

    def ask(role: str, service: str, method: str, path: str, **query: str) -> Any:
        assert (role, method, path) == ("privacy-officer", "GET", "/v1/processing-records")
        asked.append(query)
        subjects, after = PAGES[service, query.get("after")]
        return {"records": [record(subject) for subject in subjects], "after": after}

    monkeypatch.setattr(processing_records, "ask", ask)
    return asked


def test_every_record_of_every_page_is_a_line(asked: list[dict[str, str]]) -> None:
    done = CliRunner().invoke(app, ["processing-records", "export", "--from", "2026-11-01", "--until", "2026-12-01T00:00:00"])

    assert [orjson.loads(line) for line in done.stdout.splitlines()] == [record(subject) for subject in "abab"]
    assert {(query["from"], query["until"]) for query in asked} == {("2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00")}


def test_the_records_of_one_person_are_asked_for_by_pseudonym(asked: list[dict[str, str]]) -> None:
    done = CliRunner().invoke(app, ["processing-records", "export", "--subject", "a"])

    assert [orjson.loads(line) for line in done.stdout.splitlines()] == [record("a")] * 2
    assert "from" not in asked[0]
