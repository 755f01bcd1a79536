"""Losing power and being put back, each part by itself: the plan, what is archived, and when an event was sent first."""

from pathlib import Path

import orjson
import pytest

from chaos.archive import line_of
from chaos.clean_run import clean
from chaos.judge.invariants.sources import EPOCH, _base, told_is_saved
from chaos.judge.run import Run
from chaos.plan import PROFILES, RESTORED, plan
from chaos.spoiled import WAITS


def test_each_minute_has_one_loss_of_power_and_time_for_what_comes_after() -> None:
    made = plan(1, 180, frozenset(PROFILES["power_cut"].split(",")))

    assert [(one.fault, one.target) for one in made] == [("power_cut", "all")] * 3
    assert all(18 + 60 * number <= one.at <= 30 + 60 * number for number, one in enumerate(made))


def test_each_store_but_that_of_intake_is_put_back_in_its_turn() -> None:
    made = plan(1, 180, frozenset({"restore"}))

    assert sorted(one.target for one in made) == sorted(RESTORED)
    assert [one.target for one in plan(1, 60, frozenset({"restore:notifications"}))] == ["notifications"]


def test_what_a_lost_store_had_told_is_no_ghost_and_what_others_told_is(tmp_path: Path) -> None:
    run = clean()
    del run.document("scheduling", "visits", WAITS.visit.id)["told"]["visit.confirmed"]

    def ghosts(service: str) -> list[str]:
        since, until = (run.ledgers["log"][place]["timestamp"] / 1000 for place in (0, -1))
        run.ledgers["faults"] = [{"at": since, "fault": "backup", "target": service}, {"at": until, "fault": "restore", "target": service}]
        return [wrong.sentence for wrong in told_is_saved(Run(run.write(tmp_path / service))) if wrong is not None]

    assert ghosts("scheduling") == []
    assert len(ghosts("intake")) == 1


@pytest.mark.parametrize(("told", "base"), [(0, 0), (7, 0), (EPOCH, 0), (EPOCH + 1, EPOCH), (2 * EPOCH, EPOCH)])
def test_a_recovered_store_numbers_anew(told: int, base: int) -> None:
    assert _base(told) == base


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
