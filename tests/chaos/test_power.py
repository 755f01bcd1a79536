"""Losing power and being put back, each part by itself: the plan, what is archived, and when an event was sent first."""

from pathlib import Path

import orjson

from chaos.archive import line_of
from chaos.clean_run import clean
from chaos.judge.run import Run
from chaos.plan import PROFILES, plan


def test_each_minute_has_one_loss_of_power_and_time_for_what_comes_after() -> None:
    made = plan(1, 180, frozenset(PROFILES["power_cut"].split(",")))

    assert [(one.fault, one.target) for one in made] == [("power_cut", "all")] * 3
    assert all(18 + 60 * number <= one.at <= 30 + 60 * number for number, one in enumerate(made))


def test_of_a_record_its_id_and_time_are_archived_and_of_other_bytes_nothing() -> None:
    assert orjson.loads(line_of([("ce_id", b"a"), ("other", None)], 7)) == {"id": "a", "timestamp": 7}
    assert line_of([("other", b"a")], 7) == b""


def test_an_event_that_was_sent_again_was_sent_when_it_was_first_seen(tmp_path: Path) -> None:
    folder = clean().write(tmp_path / "run")
    told = Run(folder).log.told
    first = {"id": told[0].id, "timestamp": told[0].timestamp - 5}
    (folder / "archive.jsonl").write_bytes(orjson.dumps(first) + b"\n" + orjson.dumps(first | {"timestamp": 10**15}) + b"\n")

    again = Run(folder).log.told

    assert again[0].timestamp == told[0].timestamp - 5
    assert [one.timestamp for one in again[1:]] == [one.timestamp for one in told[1:]]
