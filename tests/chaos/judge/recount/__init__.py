"""Every indicator counted again from the log, by its published definition alone.

All ten are (K1, K2, K5, K6, K7, K8, K9, K16, K18, K20), each version: the value, what stands beside it, the groups that an
answer is split into, and the ids and roles of the events listed. The evidence listed beside an event is not.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from chaos.judge.recount import contacts, desks, letters, norms
from chaos.judge.recount.words import Events, Figure, Region, Row, Share, divided

UNKNOWN = "unknown"
CALENDAR = {"month": "%Y-%m", "year": "%Y"}


class Definition(NamedTuple):
    """How one version of an indicator is counted."""

    rows: Callable[[Events, Region], Iterator[Row]]
    figure: Callable[[Sequence[Row]], Figure]
    decimals: int
    empty: str | None = None
    """Its value when nothing counts."""


DEFINITIONS = {
    ("k01", "v1"): Definition(contacts.contacts, contacts.number_of_contacts, 0, "0"),
    ("k02", "v1"): Definition(desks.clients, desks.number_of_clients, 0, "0"),
    ("k05", "v1"): Definition(norms.numbers_issued, norms.within_norm, 4),
    ("k06", "v1"): Definition(norms.permits_decided, norms.within_norm, 4),
    ("k07", "v1"): Definition(desks.visits_of_several, desks.in_one_day, 4),
    ("k08", "v1"): Definition(contacts.employers, contacts.number_of_employers, 0, "0"),
    ("k08", "v2"): Definition(contacts.employers_by_register, contacts.number_of_employers, 0, "0"),
    ("k09", "v1"): Definition(contacts.people, contacts.number_of_people, 0, "0"),
    ("k16", "v1"): Definition(desks.outcomes, desks.no_shows, 4),
    ("k18", "v1"): Definition(desks.offers, desks.access_time, 1),
    ("k18", "v2"): Definition(desks.offers, desks.access_time_with_third_day, 1),
    ("k20", "v1"): Definition(letters.messages, letters.quality, 4),
}
TOPICS = (
    *("case.created", "case.screened", "contact.registered", "bsn.issued", "permit.decided"),
    *("visit.proposed", "visit.confirmed", "visit.cancelled", "formality.completed"),
    *("appointment.booked", "appointment.completed", "appointment.cancelled", "appointment.no-show"),
    *("notification.requested", "notification.sent", "notification.failed", "notification.suppressed"),
)


def differences(line: dict[str, Any], events: Events, region: Region) -> Iterator[str | None]:
    """One item for the whole, one for each group and one for the events listed: None where the answer is the recount."""
    answer, key = line["body"], line["k"]
    definition = DEFINITIONS[key, answer["indicator"]["definitionVersion"]]
    first, end = (date.fromisoformat(answer["period"][name]) for name in ("first", "end"))
    rows = [row for row in definition.rows(events, region) if first <= row.day < end]
    yield _difference(f"{key} from {first} to {end}", answer["total"], definition, rows)
    if answer["by"] is not None:
        yield from _of_groups(key, answer, definition, rows)
    roles: dict[str, str] = {}
    for row in rows:
        roles[row.event] = min(row.role, roles.get(row.event, row.role))
    listed = [(one["eventId"], one["role"]) for one in line["events"]]
    apart = len(set(listed) ^ set(roles.items())) + len(listed) - len(set(listed))
    yield f"{key} lists events that do not count, or not all that do ({apart})" if apart else None


def _of_groups(key: str, answer: dict[str, Any], definition: Definition, rows: list[Row]) -> Iterator[str | None]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        found = f"{row.day:{CALENDAR[answer['by']]}}" if answer["by"] in CALENDAR else row.by.get(answer["by"])
        groups.setdefault(UNKNOWN if found is None else str(found), []).append(row)
    told = {group["group"]: group for group in answer["groups"]}
    for name in groups.keys() | told.keys():
        if name not in groups or name not in told:
            yield f"{key} by {answer['by']}: {name} is a group in one of answer and recount only"
        else:
            yield _difference(f"{key} by {answer['by']}, {name}", told[name], definition, groups[name])


def _difference(what: str, told: dict[str, Any], definition: Definition, rows: Sequence[Row]) -> str | None:
    figure = definition.figure(rows) if rows else Figure(0, definition.empty, {})
    expected = {"n": figure.n, **_number(figure.value, definition.decimals)}
    expected |= {name: _number(found, definition.decimals) for name, found in figure.details.items()}
    said = {"n": told["n"], **_as_told(told), **{name: _as_told(found) for name, found in told["details"].items()}}
    wrong = {name for name in expected.keys() | said.keys() if expected.get(name) != said.get(name)}
    return (
        f"{what}: " + ", ".join(f"{name} is {said.get(name)} and counted {expected.get(name)}" for name in sorted(wrong)) if wrong else None
    )


def _number(found: str | int | Share | None, decimals: int) -> dict[str, Any]:
    if isinstance(found, Share):
        return {"value": divided(found, decimals), "numerator": found.numerator, "denominator": found.denominator}
    return {"value": None if found is None else str(found), "numerator": None, "denominator": None}


def _as_told(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("value", "numerator", "denominator")}
