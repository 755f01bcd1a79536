"""The story of the month knows what must come of it, down to the figures."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from loket.story.days import Days
from loket.story.ledger import Ledger
from loket.story.script import Script, Submission, read_script, smaller, submissions
from loket.story.verdict import differences, judge, judge_figures

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"
FIRST, END = date(2027, 1, 4), date(2027, 1, 30)


class FakeStaff:
    """Reporting, as far as the verdict asks it: one figure, and a timeline that is the same for every contact."""

    def __init__(self, counted: int, told: int = 1) -> None:
        self._counted, self._told = counted, told

    async def get(self, _service: str, path: str, **_query: Any) -> Any:
        if path.startswith("/v1/indicators/"):
            return {"indicator": {"title": "Client contacts"}, "total": {"value": str(self._counted)}}
        return {"items": [{"topic": "contact.registered", "data": {}}] * self._told}


def script_of(*services: str) -> Script:
    script = read_script(REGION)
    return script.model_copy(update={"services": tuple(row for row in script.services if row.key in services)})


def written(script: Script) -> list[Submission]:
    return submissions(script, Days.after(datetime(2027, 1, 1, tzinfo=UTC), script.working_days).working)


def handed_in(script: Script) -> Ledger:
    ledger = Ledger(script)
    for submission in written(script):
        ledger.accept(submission, uuid4())
    return ledger


@pytest.mark.parametrize("share", [1, 0.5, 0.04, 0.01])
def test_the_expat_centre_speaks_with_clients_in_a_story_of_any_length(share: float) -> None:
    script = smaller(script_of("expat_centre"), share)

    ledger = handed_in(script)

    spoken = [line for line in ledger.lines.values() if line.submission.turn == "spoken"]
    assert ledger.figures()["k01"] == len(spoken) > 0
    assert all(line.submission.data["service"] == "ecmr" and line.submission.data["succeeded"] for line in spoken)
    assert {line.submission.data["direction"] for line in spoken} <= {"in", "two_way"}


def test_what_the_centre_writes_by_itself_and_whom_it_does_not_reach_are_handed_in_but_counted_by_nobody() -> None:
    others = [one for one in written(script_of("expat_centre")) if one.turn != "spoken"]

    assert {one.turn for one in others} == {"written_to", "not_reached"}
    assert all(one.data["direction"] == "out" or not one.data["succeeded"] for one in others)


def test_the_same_seed_and_days_write_the_same_story() -> None:
    assert written(read_script(REGION)) == written(read_script(REGION))


@pytest.mark.parametrize(("counted", "holds"), [(164, True), (163, False), (0, False)])
async def test_a_figure_holds_only_when_it_counts_exactly_what_was_handed_in(counted: int, holds: bool) -> None:
    ledger = handed_in(script_of("expat_centre"))

    figures = await judge_figures(ledger, FakeStaff(counted), FIRST, END)

    assert [one.holds for one in figures] == [holds]
    assert differences([], figures) == ([] if holds else [f"K01 Client contacts: {counted} counted, 164 expected"])


@pytest.mark.parametrize(("told", "holds"), [(1, True), (0, False), (2, False)])
async def test_a_contact_is_told_once(told: int, holds: bool) -> None:
    ledger = handed_in(script_of("expat_centre"))

    rows = await judge(ledger, FakeStaff(0, told))

    assert [row.holds for row in rows] == [holds]


REPLANNED = {"submission_received": 1, "visit_confirmed": 2, "visit_cancelled": 1, "visit_reminder": 1, "case_closed": 1}


@pytest.mark.parametrize(
    ("sent", "holds"),
    [
        (REPLANNED, True),
        (REPLANNED | {"visit_cancelled": 0}, True),  # the new day was heard of first, and its word called the old day off
        (REPLANNED | {"visit_cancelled": 2}, False),
        (REPLANNED | {"visit_confirmed": 1, "visit_cancelled": 0}, False),
        (REPLANNED | {"visit_confirmed": 1}, False),
    ],
)
async def test_of_a_visit_planned_anew_only_word_of_the_old_day_may_be_left_out(sent: dict[str, int], holds: bool) -> None:
    script = script_of("brp_first_registration")
    only = script.services[0].model_copy(update={"count": 1, "turns": {}})
    ledger = handed_in(script.model_copy(update={"services": (only,)}))
    ledger.replanned(next(iter(ledger.lines)))

    class Staff:
        async def get(self, _service: str, _path: str, **_query: Any) -> Any:
            told: list[dict[str, Any]] = [{"topic": "visit.confirmed"}] * 2 + [{"topic": "case.closed", "data": {"result": "completed"}}]
            letters = [{"topic": "notification.sent", "data": {"templateKey": key}} for key, count in sent.items() for _ in range(count)]
            return {"items": told + letters}

    rows = await judge(ledger, Staff())

    assert [row.holds for row in rows] == [holds]
