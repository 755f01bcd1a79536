"""Visits and agendas, by the copy of scheduling's store and by its public day lists."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from chaos.judge.derived import visit_of
from chaos.judge.run import Run
from chaos.judge.stores import Document
from chaos.judge.verdict import Checks, Wrong

PLANNED = frozenset({"confirmed", "under_way", "completed", "partly_completed", "missed"})
Slot = tuple[str, int, int]  # desk, from which to which minute of the local day


def no_slot_is_given_twice(run: Run) -> Checks:
    """I7: neither by an agenda nor, looked at from the other side, by what visits have been promised."""
    given: dict[tuple[str, str], list[tuple[str, Slot]]] = {}
    for agenda in run.store("scheduling").of("agendas").values():
        for visit, (_, slots) in agenda["taken"].items():
            given.setdefault((agenda["location"], agenda["day"]), []).extend((visit, _slot(slot)) for slot in slots)
    promised: dict[tuple[str, str], list[tuple[str, Slot]]] = {}
    for visit in run.store("scheduling").of("visits").values():
        if visit["location"] is not None:
            promised.setdefault((visit["location"], visit["day"]), []).extend((visit["id"], slot) for slot in held(visit))
    for place, slots in (*given.items(), *promised.items()):
        yield from _overlaps(place, slots)


def agendas_are_visits(run: Run) -> Checks:
    """I7: a bijection, and one visit at most for each case."""
    given: dict[tuple[str, str, str], list[Slot]] = {}
    for agenda in run.store("scheduling").of("agendas").values():
        for visit, (_, slots) in agenda["taken"].items():
            given[visit, agenda["location"], agenda["day"]] = sorted(map(_slot, slots))
    visits = run.store("scheduling").of("visits")
    wanted = {(visit["id"], visit["location"], visit["day"]): slots for visit in visits.values() if (slots := held(visit))}
    for claim in given.keys() | wanted.keys():
        same = given.get(claim) == wanted.get(claim)
        case = visits[claim[0]]["case_id"] if claim[0] in visits else claim[0]
        yield (
            None
            if same
            else Wrong(case, f"visit {claim[0]} holds {given.get(claim)} at {claim[1]} on {claim[2]} and was promised {wanted.get(claim)}")
        )
    for visit in visits.values():
        yield (
            None
            if visit["id"] == visit_of(visit["case_id"])
            else Wrong(visit["case_id"], f"visit {visit['id']} is not the visit of its case")
        )


def visits_settle_everything(run: Run) -> Checks:
    """I7: all formalities or none, and an answer for everybody."""
    for visit in run.store("scheduling").of("visits").values():
        planned = {formality for one in visit["appointments"] for formality in one["formalities"]}
        half = visit["stage"] in PLANNED and planned != {one["formality_id"] for one in visit["wanted"]}
        stuck = visit["stage"] in {"requested", "proposed"} and visit["case_id"] not in run.held
        if half or stuck:
            yield Wrong(
                visit["case_id"], "a visit is planned for some of its formalities only" if half else f"a visit is {visit['stage']} for ever"
            )
        else:
            yield None


def day_lists_are_visits(run: Run) -> Checks:
    """I7: what a desk reads in the morning."""
    expected: dict[tuple[str, str], set[str]] = {}
    for visit in run.store("scheduling").of("visits").values():
        for one in visit["appointments"] if visit["stage"] in PLANNED else ():
            if one["state"] != "cancelled":
                expected.setdefault((one["desk"], visit["day"]), set()).add(one["id"])
    for line in run.lines("lists"):
        shown = [
            one["appointmentId"]
            for one in (line["body"] or {"appointments": []})["appointments"]
            if one["state"] not in {"cancelled", "held"}
        ]
        right = len(shown) == len(set(shown)) and set(shown) == expected.get((line["desk"], line["date"]), set())
        yield None if right else Wrong(None, f"the list of {line['desk']} on {line['date']} is not what visits hold there")


def held(visit: Document) -> list[Slot]:
    """What an agenda must have given to a visit."""
    if visit["stage"] not in PLANNED:
        return []
    day, zone = date.fromisoformat(visit["day"]), ZoneInfo(visit["timezone"])
    standing = [one for one in visit["appointments"] if one["state"] != "cancelled"]
    return sorted((one["desk"], _minute(one["starts_at"], day, zone), _minute(one["ends_at"], day, zone)) for one in standing)


def _minute(moment: str, day: date, zone: ZoneInfo) -> int:
    return int((datetime.fromisoformat(moment) - _midnight(day, zone)) // timedelta(minutes=1))


@lru_cache(4096)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _slot(slot: Iterable[str | int]) -> Slot:
    desk, start, end = slot
    return str(desk), int(start), int(end)


def _overlaps(place: tuple[str, str], slots: list[tuple[str, Slot]]) -> Iterator[Wrong | None]:
    in_order = sorted(slots, key=lambda one: one[1])
    yield from (None for _ in in_order[:1])
    for (owner, (desk, _, until)), (other, (same, since, _)) in pairwise(in_order):
        twice = desk == same and since < until and owner != other
        yield Wrong(other, f"desk {desk} at {place[0]} on {place[1]} is given to {owner} and to {other}") if twice else None
