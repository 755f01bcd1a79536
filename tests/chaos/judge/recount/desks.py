"""What happened at desks, counted again: K2, K7, K16, K18."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from chaos.judge.logged import Told
from chaos.judge.recount.words import Cases, Events, Figure, Region, Row, Share, median, nearest_rank

OUTCOMES = {"appointment.no-show": "no_show", "appointment.completed": "completed", "appointment.cancelled": "late_cancelled"}
LEAD_TIMES = ((2, "0-2 days"), (7, "3-7 days"), (14, "8-14 days"))


def clients(events: Events, region: Region) -> Iterator[Row]:
    """K2: persons for whom a formality was completed at the centre."""
    cases, served = Cases(events), set[tuple[str, str]]()
    for one in events["appointment.completed"]:
        said = one.data
        if region.names("k02", "location", said["locationId"], region.day(said["occurredAt"])):
            served |= {(said["visitId"], product) for product in said["products"]}
    for one in events["formality.completed"]:
        said = one.data
        if (said["visitId"], said["product"]) in served:
            by = {**cases.of(one.key), "product": said["product"]}
            for person in said["persons"]:
                yield Row(one.id, region.day(said["completedAt"]), "formality", by, {"case": one.key, "person": person})


def number_of_clients(rows: Sequence[Row]) -> Figure:
    formalities = len({row.event for row in rows})
    return Figure(formalities, str(len({(row.more["case"], row.more["person"], row.day) for row in rows})), {"formalities": formalities})


def visits_of_several(events: Events, region: Region) -> Iterator[Row]:
    """K7: the last plan of each visit with two formalities or more."""
    cases, settled, off = Cases(events), _settled(events, region), _off(events)
    completed = {one.data["appointmentId"]: one for one in events["appointment.completed"]}
    for one in _plans(events, last=True):
        said = one.data
        if sum(len(item["products"]) for item in said["items"]) >= 2:
            role = "cancelled" if off.get(said["visitId"], 0) >= said["revision"] else "not_completed_in_one_day"
            if _in_one_day(said, completed, settled, region):
                role = "completed_in_one_day"
            yield Row(one.id, date.fromisoformat(said["day"]), role, {**cases.of(one.key), "location": said["locationId"]})


def in_one_day(rows: Sequence[Row]) -> Figure:
    share = Share(sum(row.role == "completed_in_one_day" for row in rows), len(rows))
    return Figure(len(rows), share, {"cancelled": sum(row.role == "cancelled" for row in rows)})


def outcomes(events: Events, region: Region) -> Iterator[Row]:
    """K16: the last outcome of each appointment."""
    cases, last, booked = Cases(events), dict[str, Told](), dict[str, str]()
    for one in events["appointment.booked"]:
        said = one.data
        booked[said["appointmentId"]] = min(
            said["requestedAt"], booked.get(said["appointmentId"], said["requestedAt"]), key=datetime.fromisoformat
        )
    ended = [one for topic in OUTCOMES for one in events[topic] if topic != "appointment.cancelled" or one.data["late"]]
    for one in sorted(ended, key=lambda one: (datetime.fromisoformat(one.data["occurredAt"]), one.id)):
        last[one.data["appointmentId"]] = one
    reminders = _reminders(events, region)
    for id_, one in last.items():
        said = one.data
        starts, day = datetime.fromisoformat(said["startsAt"]), region.day(said["startsAt"])
        reminded = any(starts - timedelta(days=7) <= sent < starts for sent in reminders.get(one.key, ()))
        lead = None if id_ not in booked else _lead_time((day - region.day(booked[id_])).days)
        by = {
            **cases.of(one.key),
            "location": said["locationId"],
            "desk": said["deskId"],
            "lead_time": lead,
            "reminded": "yes" if reminded else "no",
        }
        yield Row(one.id, day, OUTCOMES[one.topic], by)


def no_shows(rows: Sequence[Row]) -> Figure:
    missed, completed = (sum(row.role == role for row in rows) for role in ("no_show", "completed"))
    return Figure(len(rows), Share(missed, missed + completed), {"late_cancelled": sum(row.role == "late_cancelled" for row in rows)})


def offers(events: Events, region: Region) -> Iterator[Row]:
    """K18: the first plan of each visit, with the third day that had room where its proposal says one."""
    cases = Cases(events)
    third = {(one.data["visitId"], one.data["revision"]): one.data.get("thirdAvailableDay") for one in events["visit.proposed"]}
    for one in _plans(events, last=False):
        said = one.data
        asked = region.day(said["requestedAt"])
        slot = region.day(min((item["startsAt"] for item in said["items"]), key=datetime.fromisoformat))
        more: dict[str, Any] = {"days": region.working_days(asked, slot)}
        if (day := third.get((said["visitId"], said["revision"]))) is not None:
            more["third"] = region.working_days(asked, date.fromisoformat(day))
        yield Row(one.id, region.day(said["occurredAt"]), "offer", {**cases.of(one.key), "location": said["locationId"]}, more)


def access_time(rows: Sequence[Row]) -> Figure:
    days = [row.more["days"] for row in rows]
    return Figure(len(rows), median(days), {"p90": nearest_rank(days, 9), "mean": Share(sum(days), len(days))})


def access_time_with_third_day(rows: Sequence[Row]) -> Figure:
    figure, third = access_time(rows), [row.more["third"] for row in rows if "third" in row.more]
    figure.details |= {"third_next_available": median(third), "with_third_day": len(third)}
    return figure


def _plans(events: Events, *, last: bool) -> list[Told]:
    plans: dict[str, Told] = {}
    for one in sorted(events["visit.confirmed"], key=lambda one: (one.data["revision"], one.id), reverse=not last):
        plans[one.data["visitId"]] = one
    return list(plans.values())


def _settled(events: Events, region: Region) -> dict[tuple[str, date], set[str]]:
    """The products of each visit that were settled on each day."""
    settled: dict[tuple[str, date], set[str]] = {}
    for one in events["formality.completed"]:
        said = one.data
        settled.setdefault((said["visitId"], region.day(said["completedAt"])), set()).add(said["product"])
    return settled


def _off(events: Events) -> dict[str, int]:
    """The last revision of each visit that was cancelled and not planned again."""
    off: dict[str, int] = {}
    for one in events["visit.cancelled"]:
        if not one.data["replanned"]:
            off[one.data["visitId"]] = max(one.data["revision"], off.get(one.data["visitId"], 0))
    return off


def _in_one_day(plan: dict[str, Any], completed: dict[str, Told], settled: dict[tuple[str, date], set[str]], region: Region) -> bool:
    done = [completed[item["appointmentId"]].data for item in plan["items"] if item["appointmentId"] in completed]
    places = {(region.day(said["occurredAt"]), said["locationId"]) for said in done}
    if len(done) < len(plan["items"]) or len(places) != 1:
        return False
    wanted = {product for item in plan["items"] for product in item["products"]}
    return len(settled.get((plan["visitId"], min(day for day, _ in places)), ())) >= len(wanted)


def _reminders(events: Events, region: Region) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for one in events["notification.sent"]:
        said = one.data
        if region.names("k16", "reminder_template", said["templateKey"], region.day(said["occurredAt"])):
            found.setdefault(one.key, []).append(datetime.fromisoformat(said["occurredAt"]))
    return found


def _lead_time(days: int) -> str:
    return next((name for most, name in LEAD_TIMES if days <= most), "15 days or more")
