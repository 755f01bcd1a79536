"""The auditor finds nothing in a log that adds up, and each fault in one that does not."""

from datetime import timedelta
from math import nan
from typing import Any

import pytest
from chassis import FakeRecord
from worlds.audited import GRACE, ITEM, LETTER, LONG_AGO, NOW, PLAN, RETRIED, WELL, Told, folded, record

from auditor.answers import Answers, Asked, Completeness, Group, Listed, Waiting
from auditor.checks import CHECKS, judged
from auditor.fold import Fold
from common.epoch import NUMBERS

READS = Group(0, 0, False, 1)
STANDS = Group(7, 7, True, 1)
LISTED = Listed("c1", "booked", *(folded(*WELL).plans["v1"].slots[0][2:]))
DESK_DAY = ("desk.1", "2026-12-03")


def answers(fold: Fold | None = None, **more: Any) -> Answers:
    """What everybody says of the log that adds up; `more` is said instead."""
    well: dict[str, Any] = {
        "fold": fold or folded(*WELL),
        "cases": {"c1": LONG_AGO},
        "timelines": {"c1": 5},
        "day_lists": {DESK_DAY: {"a1": LISTED}},
        "groups": {"reporting": READS},
        "gauges": {"intake": {"loket_parked_lanes": 0.0}, "reporting": {"lag": 0.0, "loket_kafka_connected": 1.0}},
        "lanes": {"intake": [], "reporting": []},
        "completeness": Completeness(complete=True, records_behind=0),
    }
    return Answers(**(well | more))


def asked(given: Answers) -> Asked:
    return Asked(given, NOW, NOW, GRACE, RETRIED)


def found(given: Answers) -> dict[str, list[str]]:
    return {name: verdict.findings for name, verdict in judged(asked(given)).items() if verdict.findings}


def test_what_adds_up_is_no_finding_also_when_told_twice_or_in_a_new_epoch() -> None:
    after = ("case.status-changed", "c1", NUMBERS + 1, {})

    assert found(answers(folded(*WELL, *WELL, after))) == {}


def letters(count: int, start: str = "n", **more: str) -> list[Told]:
    return [("notification.requested", f"{start}{n}", 1, LETTER | {"messageId": f"{start}{n}"} | more) for n in range(count)]


OTHER = PLAN | {"visitId": "v2", "items": [ITEM | {"appointmentId": "a2", "startsAt": "2026-12-03T09:15:00Z"}]}
SPOILED: dict[str, list[Answers]] = {
    "every_case_is_told": [answers(cases={"c1": LONG_AGO, "c2": LONG_AGO}), answers(cases={})],
    "every_desk_case_has_a_visit": [answers(folded(*WELL[:2], *WELL[3:]), timelines={}, day_lists={})],
    "no_slot_is_given_twice": [answers(folded(*WELL, ("visit.confirmed", "v2", 1, OTHER)), timelines={}, day_lists={})],
    "every_letter_has_one_outcome": [
        answers(folded(*WELL, ("notification.sent", "m1", 2, {"messageId": "m1", "caseId": "c1"})), timelines={}),
    ],
    "letters_do_not_stand_still": [answers(folded(*WELL, *letters(10)), timelines={})],
    "numbers_have_no_gaps": [answers(folded(*WELL, ("case.status-changed", "c1", 2, {})))],
    "timelines_are_the_log": [answers(timelines={"c1": 4}), answers(timelines={"c1": 6}), answers(timelines={"c1": None})],
    "day_lists_are_the_log": [
        answers(day_lists={DESK_DAY: {}}),
        answers(day_lists={DESK_DAY: {"a1": LISTED, "a9": LISTED}}),
        answers(day_lists={DESK_DAY: {"a1": LISTED._replace(ends=LISTED.ends + timedelta(minutes=5))}}),
        answers(day_lists={DESK_DAY: {"a1": LISTED._replace(state="cancelled")}}),
    ],
    "services_say_how_far_they_are": [
        answers(groups={"reporting": STANDS}, completeness=None),
        answers(groups={"reporting": STANDS}, gauges={"reporting": {"lag": nan}}, completeness=None),
    ],
    "every_group_has_members": [answers(groups={"reporting": READS._replace(members=0)}, gauges={})],
    "figures_say_what_is_missing": [
        answers(groups={"reporting": Group(3, 3, False, 1)}),
        answers(groups={"reporting": Group(3, 3, False, 1)}, completeness=Completeness(complete=False, records_behind=0)),
    ],
    "nothing_waits_for_somebody": [
        answers(lanes={"intake": [Waiting("messages", NOW)]}),
        answers(lanes={"intake": [Waiting("quarantine", NOW)]}),
        answers(gauges={"intake": {"loket_breaker_open": 1.0}}),
    ],
}


@pytest.mark.parametrize(("name", "given"), [(name, given) for name, many in SPOILED.items() for given in many])
def test_each_fault_is_found_by_its_check_alone(name: str, given: Answers) -> None:
    assert set(found(given)) == {name}


def test_every_check_has_been_seen_to_find_something() -> None:
    assert set(CHECKS) == {*SPOILED, "what_is_no_event_is_set_aside"}


def test_a_case_is_named_whether_intake_or_the_log_lacks_it() -> None:
    sentences = found(answers(cases={"c2": LONG_AGO}))["every_case_is_told"]

    assert sentences == [
        "1 cases were taken and the log has no case.created of them: c2",
        "1 cases are in the log and intake does not list them: c1",
    ]


def test_a_letter_is_a_finding_when_it_was_due_for_longer_than_it_is_tried_again_or_has_expired() -> None:
    waits = letters(1, "waits", notBefore="2026-12-03T10:00:00Z")
    tried = letters(1, "tried")
    expired = letters(1, "expired", expiresAt="2026-12-01T11:00:00Z")
    (silent,) = letters(1, "silent", notBefore="2026-12-01T02:00:00Z")

    assert found(answers(folded(*WELL, *waits, *tried), timelines={})) == {}
    fold = folded(*WELL, *expired)
    fold.take("notification.requested", record(silent, time=NOW - timedelta(hours=10)))
    (sentence,) = found(answers(fold, timelines={}))["every_letter_has_one_outcome"]
    assert sentence.endswith("nothing was told of them: expired0, silent0")


def done(given: list[Told]) -> list[Told]:
    return [("notification.sent", one[1], 1, {"messageId": one[1], "caseId": "c1"}) for one in given]


def test_nine_letters_that_are_tried_again_among_twenty_are_no_standstill() -> None:
    twenty = sorted(letters(20), key=lambda one: one[1])

    assert found(answers(folded(*WELL, *twenty, *done(twenty[:11])), timelines={})) == {}
    assert set(found(answers(folded(*WELL, *twenty, *done(twenty[:10])), timelines={}))) == {"letters_do_not_stand_still"}


def test_a_standstill_is_found_also_after_letters_go_again() -> None:
    again = letters(50, "z", notBefore="2026-12-01T11:30:00Z")

    assert set(found(answers(folded(*WELL, *letters(10), *again, *done(again)), timelines={}))) == {"letters_do_not_stand_still"}
    scattered = [one for number, one in enumerate(again) if number % 3]
    assert found(answers(folded(*WELL, *again, *done(scattered)), timelines={})) == {}


def test_a_number_that_is_given_to_a_second_event_is_found_and_a_second_content_too() -> None:
    fold = folded(*WELL)
    fold.take("case.created", record(WELL[0], 9, name="other"))
    fold.take("case.screened", record((*WELL[1][:3], {"caseId": "c1", "outcome": "rejected"}), 10))

    assert found(answers(fold))["numbers_have_no_gaps"] == [
        "1 sources gave a number to a second event: case.created c1",
        "1 events were told with two contents: case.screenedc11",
    ]


def test_bytes_that_are_no_event_are_found_until_a_service_says_that_it_set_them_aside() -> None:
    garbage = FakeRecord("case.created", 0, 77, b"k", b"{", (), int(LONG_AGO.timestamp() * 1000))
    said = ("reporting.parked", "l1", 1, {"lane": "l1", "sourceTopic": "case.created", "partition": 0, "offset": 77})
    fold = folded(*WELL)
    fold.take("case.created", garbage)

    assert found(answers(fold)) == {
        "what_is_no_event_is_set_aside": ["1 records are no event and no service has told that it set them aside: case.created/0@77"]
    }
    fold.take("reporting.parked", record(said))
    assert found(answers(fold)) == {}


def test_a_visit_that_overlaps_with_a_longer_one_before_its_neighbour_is_found() -> None:
    def visit(name: str, starts: str, ends: str) -> Told:
        item = {"appointmentId": f"a{name}", "deskId": "desk.2", "startsAt": f"2026-12-03T{starts}:00Z", "endsAt": f"2026-12-03T{ends}:00Z"}
        return ("visit.confirmed", name, 1, PLAN | {"visitId": name, "items": [item]})

    fold = folded(*WELL, visit("long", "09:00", "12:00"), visit("short", "09:00", "09:10"), visit("late", "11:00", "11:30"))

    (sentence,) = found(answers(fold, timelines={}, day_lists={}))["no_slot_is_given_twice"]
    assert sentence.startswith("2 visits")


def test_parked_lanes_that_a_gauge_does_not_show_are_two_findings() -> None:
    sentences = found(answers(lanes={"intake": [Waiting("messages", LONG_AGO), Waiting("quarantine", NOW)]}))["nothing_waits_for_somebody"]

    assert sentences == ["intake has 1 parked lanes", "intake has 1 records in quarantine", "intake says that it has no parked lanes"]


def test_figures_that_are_complete_while_lanes_wait_are_a_finding_and_incomplete_ones_are_none() -> None:
    waits = {"reporting": [Waiting("messages", LONG_AGO)]}
    gauges = {"reporting": {"loket_parked_lanes": 1.0}}

    assert "figures_say_what_is_missing" in found(answers(lanes=waits, gauges=gauges))
    incomplete = Completeness(complete=False, records_behind=0)
    assert "figures_say_what_is_missing" not in found(answers(lanes=waits, gauges=gauges, completeness=incomplete))


def test_what_is_younger_than_the_grace_is_no_finding() -> None:
    fold = folded(*WELL)
    fold.latest["c1"] = fold.created["c1"] = NOW
    young = {"c2": NOW}

    assert found(answers(fold, cases=young, timelines={"c1": None}, day_lists={DESK_DAY: {"a9": LISTED}})) == {}
