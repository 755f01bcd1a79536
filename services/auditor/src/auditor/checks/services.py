"""What services and Kafka's groups say of themselves, held against the log and against each other."""

from auditor.answers import Asked, DeskDay
from auditor.checks.sentences import sentence
from auditor.fold import Slot

QUARANTINE = "quarantine"
ELSEWHERE = frozenset({"held", "cancelled", "no_show"})
"""States of an appointment that the log does not count as taking place."""


def timelines_are_the_log(asked: Asked) -> list[str]:
    """Events of some cases by reporting and by the log; of a case about which something was told just now, nobody can say."""
    settled = {id_: count for id_, count in asked.answers.timelines.items() if asked.settled_case(id_)}
    unknown = [id_ for id_, count in settled.items() if count is None]
    differ = [id_ for id_, count in settled.items() if count not in (None, asked.fold.events_of[id_])]
    return [
        *sentence(unknown, "cases are in the log and reporting does not know them"),
        *sentence(differ, "cases have another number of events in reporting than in the log"),
    ]


def day_lists_are_the_log(asked: Asked) -> list[str]:
    """Appointments on the day lists of some desks, and those of confirmed visits in the log."""
    told = _told(asked)
    missing, unknown, moved = [], [], []
    for place, listed in asked.answers.day_lists.items():
        here = {id_: one for id_, one in listed.items() if one.state not in ELSEWHERE and asked.settled_case(one.case)}
        there = told.get(place, {})
        missing += [id_ for id_ in there if id_ not in here]
        unknown += [id_ for id_ in here if id_ not in there]
        moved += [id_ for id_ in here.keys() & there.keys() if (here[id_].starts, here[id_].ends) != (there[id_].starts, there[id_].ends)]
    return [
        *sentence(missing, "appointments are in the log and on no day list"),
        *sentence(unknown, "appointments are on a day list and not in the log"),
        *sentence(moved, "appointments have other times on their day list than in the log"),
    ]


def _told(asked: Asked) -> dict[DeskDay, dict[str, Slot]]:
    """Appointments of confirmed visits by desk and day, but for those of cases about which something was told just now."""
    found: dict[DeskDay, dict[str, Slot]] = {}
    for plan in asked.fold.plans.values():
        for slot in plan.slots if plan.topic == "visit.confirmed" and asked.settled_case(plan.case) else ():
            if slot.appointment not in asked.fold.gone:
                found.setdefault((slot.desk, plan.day), {})[slot.appointment] = slot
    return found


def services_say_how_far_they_are(asked: Asked) -> list[str]:
    """A group that is behind and stands, and gauges that say it is not, or that Kafka answers a group without members."""
    found = []
    for name, group in asked.answers.groups.items():
        gauges = asked.answers.gauges.get(name, {})
        if group.stands:
            found.append(f"{name} is {group.behind} records behind and does not read on")
        if group.stands and gauges.get("lag") == 0:
            found.append(f"{name} says that it is not behind")
        if not group.members and gauges.get("loket_kafka_connected") == 1:
            found.append(f"{name} says that Kafka answers it, and its group has no members")
    return found


def every_group_has_members(asked: Asked) -> list[str]:
    """A group without members reads nothing, whatever its service says."""
    return [f"the group {name} has no members" for name, group in asked.answers.groups.items() if not group.members]


def figures_say_what_is_missing(asked: Asked) -> list[str]:
    """`complete` of a period that is over, while records lie before reporting or have been set aside by it."""
    said, group = asked.answers.completeness, asked.answers.groups.get("reporting")
    aside = sum(asked.settled(lane.since) for lane in asked.answers.lanes.get("reporting", ()))
    passed_over = group.passed_over if group else 0
    if said is None:
        return []
    found = []
    if said.complete and passed_over:
        found.append(f"reporting says that figures are complete, and had not read {passed_over} records")
    if said.complete and aside:
        found.append(f"reporting says that figures are complete, and has set {aside} lanes aside")
    if said.records_behind == 0 and passed_over:
        found.append(f"reporting says that no record is missing in its figures, and had not read {passed_over}")
    return found


def nothing_waits_for_somebody(asked: Asked) -> list[str]:
    """Parked lanes, records in quarantine, breakers that are open, and gauges that do not say so."""
    found = []
    for name, gauges in asked.answers.gauges.items():
        if gauges.get("loket_breaker_open", 0) > 0:
            found.append(f"the breaker of {name} is open")
    for name, lanes in asked.answers.lanes.items():
        parked = sum(lane.kind != QUARANTINE for lane in lanes)
        found += [f"{name} has {parked} parked lanes"] if parked else []
        found += [f"{name} has {len(lanes) - parked} records in quarantine"] if len(lanes) > parked else []
        if asked.answers.gauges.get(name, {}).get("loket_parked_lanes") == 0 and any(asked.settled(lane.since) for lane in lanes):
            found.append(f"{name} says that it has no parked lanes")
    return found
