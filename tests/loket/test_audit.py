"""The auditor finds nothing in a log that adds up, and each fault in one that does not."""

import json
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

import pytest
from chassis import FakeRecord

from common.epoch import NUMBERS
from loket.audit.checks import CHECKS, Answers, Asked, Group
from loket.audit.fold import Fold

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
ITEM = {"appointmentId": "a1", "deskId": "desk.1", "startsAt": "2026-12-03T09:00:00Z", "endsAt": "2026-12-03T09:30:00Z"}
LETTER = {"messageId": "m1", "caseId": "c1", "notBefore": "2026-12-01T10:00:00Z", "expiresAt": "2026-12-01T11:00:00Z"}
SCREENED = {"caseId": "c1", "outcome": "accepted", "route": "desk", "formalities": [1]}
WELL = [
    ("case.created", "c1", 1, {"caseId": "c1"}),
    ("case.screened", "c1", 1, SCREENED),
    ("visit.confirmed", "v1", 1, {"caseId": "c1", "visitId": "v1", "revision": 1, "items": [ITEM]}),
    ("notification.requested", "m1", 1, LETTER),
    ("notification.sent", "m1", 1, {"messageId": "m1", "caseId": "c1"}),
]
ANSWERS = Answers((1, 1), {"c1": 5}, {"reporting": Group(0, False, 0.0)}, {"intake": {"loket_parked_lanes": 0.0}})


def folded(*events: tuple[str, str, int, dict[str, Any]]) -> Fold:
    fold = Fold()
    for offset, (topic, subject, sequence, data) in enumerate(events):
        headers = {
            "ce_id": f"{topic}{subject}{sequence}",
            "ce_subject": subject,
            "ce_sequence": str(sequence),
            "ce_time": LONG_AGO.isoformat(),
        }
        wire = tuple((name, value.encode()) for name, value in headers.items())
        fold.take(topic, FakeRecord(topic, 0, offset, subject.encode(), json.dumps(data).encode(), wire))
    return fold


def found(fold: Fold, answers: Answers = ANSWERS) -> dict[str, list[str]]:
    asked = Asked(fold, answers, NOW, timedelta(minutes=2))
    return {name: sentences for name, check in CHECKS.items() if (sentences := check(asked))}


def test_what_adds_up_is_no_finding_also_when_told_twice_or_in_a_new_epoch() -> None:
    after = ("case.status-changed", "c1", NUMBERS + 1, {})

    assert found(folded(*WELL, *WELL, after)) == {}


OTHER = {"caseId": "c1", "visitId": "v2", "revision": 1, "items": [ITEM | {"appointmentId": "a2", "startsAt": "2026-12-03T09:15:00Z"}]}
SPOILED = {
    "every_case_is_told": (WELL, Answers((3, 3), {"c1": 5}, {}, {})),
    "every_desk_case_has_a_visit": ([*WELL[:2], *WELL[3:]], Answers((1, 1), {}, {}, {})),
    "no_slot_is_given_twice": ([*WELL, ("visit.confirmed", "v2", 1, OTHER)], Answers((1, 1), {}, {}, {})),
    "every_letter_has_one_outcome": (
        [*WELL, ("notification.sent", "m1", 2, {"messageId": "m1", "caseId": "c1"})],
        Answers((1, 1), {}, {}, {}),
    ),
    "numbers_have_no_gaps": ([*WELL, ("case.status-changed", "c1", 2, {})], ANSWERS),
    "timelines_are_the_log": (WELL, Answers((1, 1), {"c1": 4}, {}, {})),
    "services_say_how_far_they_are": (WELL, Answers((1, 1), {}, {"reporting": Group(7, True, 0.0)}, {})),
    "nothing_waits_for_somebody": (WELL, Answers((1, 1), {}, {}, {"intake": {"loket_parked_lanes": 2.0, "loket_breaker_open": 1.0}})),
}


@pytest.mark.parametrize("name", SPOILED)
def test_each_fault_is_found_by_its_check_alone(name: str) -> None:
    events, answers = SPOILED[name]

    assert set(found(folded(*events), answers)) == {name}


def test_a_letter_that_expired_without_a_word_is_found_and_one_that_waits_is_not() -> None:
    waits = ("notification.requested", "m2", 1, LETTER | {"messageId": "m2", "expiresAt": "2026-12-09T11:00:00Z"})
    silent = ("notification.requested", "m3", 1, LETTER | {"messageId": "m3"})

    assert found(folded(*WELL, waits), Answers((1, 1), {}, {}, {})) == {}
    assert "m3" in found(folded(*WELL, silent), Answers((1, 1), {}, {}, {}))["every_letter_has_one_outcome"][0]


def test_who_does_not_know_how_far_it_is_does_not_say_that_it_is_not_behind() -> None:
    sentences = found(folded(*WELL), Answers((1, 1), {}, {"reporting": Group(7, True, nan)}, {}))["services_say_how_far_they_are"]

    assert sentences == ["reporting is 7 records behind and does not read on"]


def test_what_comes_while_the_auditor_looks_is_no_finding() -> None:
    assert found(folded(*WELL), Answers((1, 2), {}, {}, {})) == {}

    fold = folded(*WELL)
    fold.latest["c1"] = NOW
    assert found(fold, Answers((1, 1), {"c1": 4}, {}, {})) == {}
