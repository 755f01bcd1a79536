"""What has to add up; each check is a function that gives what it found, as sentences without personal data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from loket.audit.fold import Fold

SHOWN = 5  # ids that a sentence names


class Group(NamedTuple):
    """A consumer group, by Kafka's own word and by that of its service."""

    behind: int
    stands: bool
    """Whether it has read nothing between two looks although it is behind."""
    says_behind: float
    """What the service's gauge says; NaN: it does not know."""


@dataclass
class Answers:
    """What the services say of themselves, and Kafka of their groups."""

    cases: tuple[int, int] | None = None
    """How many intake lists, before the log was read and after it."""
    timelines: Mapping[str, int] = field(default_factory=dict)
    """Events of some cases, by reporting."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    gauges: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Asked(NamedTuple):
    """Everything that a check may look at; what is younger than `grace` may still be under way."""

    fold: Fold
    answers: Answers
    now: datetime
    grace: timedelta


Check = Callable[[Asked], list[str]]


def every_case_is_told(asked: Asked) -> list[str]:
    """Cases of intake and `case.created` in the log, by their number; some may come while the log is read."""
    told = len(asked.fold.created)
    young = sum(asked.now - at < asked.grace for at in asked.fold.created.values())
    if asked.answers.cases is None or asked.answers.cases[0] - young <= told <= asked.answers.cases[1] + young:
        return []
    return [f"intake has {asked.answers.cases[1]} cases, the log has told of {told}"]


def every_desk_case_has_a_visit(asked: Asked) -> list[str]:
    """`case.screened` for a desk, and any word on its visit."""
    fold = asked.fold
    late = [id_ for id_, at in fold.wants_desk.items() if asked.now - at > asked.grace and id_ not in fold.planned | fold.closed]
    return _sentence(late, "cases were screened for a desk and nothing was told of a visit")


def no_slot_is_given_twice(asked: Asked) -> list[str]:
    """Appointments of confirmed visits, by desk."""
    desks: dict[str, list[tuple[str, str, str]]] = {}
    for visit, plan in asked.fold.plans.items():
        for item in plan["items"] if plan["topic"] == "visit.confirmed" else ():
            if item["appointmentId"] not in asked.fold.gone:
                desks.setdefault(item["deskId"], []).append((item["startsAt"], item["endsAt"], visit))
    found = []
    for taken in desks.values():
        ordered = sorted(taken)
        found += [two[2] for one, two in pairwise(ordered) if two[0] < one[1] and two[2] != one[2]]
    return _sentence(found, "visits hold a desk at a time at which another holds it")


def every_letter_has_one_outcome(asked: Asked) -> list[str]:
    """`notification.requested` and what was told of each."""
    fold, waits = asked.fold, asked.now - asked.grace
    silent = [id_ for id_, data in fold.requested.items() if id_ not in fold.outcomes and datetime.fromisoformat(data["expiresAt"]) < waits]
    twice = [id_ for id_, outcomes in fold.outcomes.items() if outcomes.count("sent") > 1]
    return [
        *_sentence(silent, "letters have expired and nothing was told of them"),
        *_sentence(twice, "letters were told to be sent more than once"),
    ]


def numbers_have_no_gaps(asked: Asked) -> list[str]:
    """`ce_sequence` per subject and topic, and one content per event id."""
    return [
        *_sentence(asked.fold.gaps, "sources have a gap in their numbers"),
        *_sentence(asked.fold.altered, "events were told with two contents"),
    ]


def timelines_are_the_log(asked: Asked) -> list[str]:
    """Events of some cases by reporting, and by the log; of a case about which something was told just now, nobody can say."""
    settled = {id_: count for id_, count in asked.answers.timelines.items() if asked.now - asked.fold.latest[id_] > asked.grace}
    differ = [id_ for id_, count in settled.items() if count != asked.fold.events_of[id_]]
    return _sentence(differ, "cases have another number of events in reporting than in the log")


def services_say_how_far_they_are(asked: Asked) -> list[str]:
    """A group that is behind and stands, and a gauge that says it is not."""
    found = []
    for name, group in asked.answers.groups.items():
        if group.stands:
            found.append(f"{name} is {group.behind} records behind and does not read on")
        if group.stands and group.says_behind == 0:
            found.append(f"{name} says that it is not behind")
    return found


def nothing_waits_for_somebody(asked: Asked) -> list[str]:
    """Parked lanes, and breakers that are open."""
    found = []
    for name, gauges in asked.answers.gauges.items():
        if gauges.get("loket_parked_lanes", 0) > 0:
            found.append(f"{name} has {gauges['loket_parked_lanes']:.0f} parked lanes")
        if gauges.get("loket_breaker_open", 0) > 0:
            found.append(f"the breaker of {name} is open")
    return found


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        every_case_is_told,
        every_desk_case_has_a_visit,
        no_slot_is_given_twice,
        every_letter_has_one_outcome,
        numbers_have_no_gaps,
        timelines_are_the_log,
        services_say_how_far_they_are,
        nothing_waits_for_somebody,
    )
}


def _sentence(ids: list[Any], what: str) -> list[str]:
    named = ", ".join(map(str, ids[:SHOWN]))
    return [f"{len(ids)} {what}: {named}{' …' if len(ids) > SHOWN else ''}"] if ids else []
