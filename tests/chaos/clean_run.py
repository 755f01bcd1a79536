"""A run of three cases in which all went well: one waits for its visit, one is completed, one was cancelled and gave its slot away.

Beside them are outages that showed, and a hostile partner who alone was asked to wait (`clean_outages.py`).
"""

from hashlib import sha256
from typing import Any, NamedTuple

from chaos.clean_outages import cut_off, played_hostile, put_back
from chaos.judge.derived import case_of, derived, message_of, visit_of
from chaos.run_folder import RunFolder, Source, moment

DAY, ZONE = "2026-10-01", "Europe/Amsterdam"
HALF_PAST_TEN = 1_790_843_400.0  # on that day, by the clock on the wall
DESK, PLACE = "desk_1", "town_hall"
SOURCE = "urn:nld:oin:1:systeem:partner"


class Household(NamedTuple):
    """The sources of one case."""

    case: Source
    visit: Source
    formality: str
    appointment: str
    starts: float

    @property
    def item(self) -> dict[str, Any]:
        return {
            "appointmentId": self.appointment,
            "products": ["registration"],
            "startsAt": moment(self.starts),
            "endsAt": moment(self.starts + 1800),
        }


def clean() -> RunFolder:
    """Everything in order."""
    run = RunFolder()
    gone, waits, done = (_planned(run, name, starts) for name, starts in _households(run))
    _completed(run, done)
    _poisoned(run)
    run.ledgers["faults"].append({"at": run.at(), "fault": "sigkill", "target": "scheduling-1"})
    cut_off(run)
    put_back(run)
    played_hostile(run)
    _answers(run, [gone, waits, done], [waits, done])
    run.close()
    return run


def household(name: str, starts: float) -> Household:
    """Everything that follows from the id of a submission."""
    case = case_of("partner", SOURCE, name)
    visit = visit_of(case)
    return Household(
        Source("intake", "cases", case, case),
        Source("scheduling", "visits", visit, case),
        derived("formality", case, 0),
        derived("appointment", visit, 1, 0),
        starts,
    )


def _households(run: RunFolder) -> Any:
    yield "gone", HALF_PAST_TEN
    _cancelled(run, household("gone", HALF_PAST_TEN))
    yield "waits", HALF_PAST_TEN
    yield "done", HALF_PAST_TEN + 1800


def _planned(run: RunFolder, name: str, starts: float) -> Household:
    one = household(name, starts)
    case, visit = one.case, one.visit
    bytes_ = sha256(name.encode()).hexdigest()
    submission = {"partner": "partner", "source": SOURCE, "event_id": name}
    run.keep("intake", "cases", case.id, status="planned", fingerprint=bytes_, case_type="fast_track")
    run.call("submit", "unknown", None, fingerprint=bytes_, intent="new", **submission)
    run.call("submit", "ok", 202, fingerprint=bytes_, intent="same", case_id=case.id, **submission)
    run.call("submit", "refused", 409, fingerprint="0" * 64, intent="altered", **submission)
    run.tell(case, "party.contact-changed", name="canary-7", email="canary-7@example.org")
    created = run.tell(case, "case.created", caseId=case.id, caseType="fast_track", municipalityCode="GM0935")
    _message(run, one, "submission_received", case.id, causation=created)
    screened = run.tell(case, "case.screened", caseId=case.id, outcome="accepted")
    state = {"desk": DESK, "state": "booked", "formalities": [one.formality], "starts_at": moment(starts), "ends_at": moment(starts + 1800)}
    plan = {"location": PLACE, "day": DAY, "timezone": ZONE, "stage": "confirmed", "revision": 1}
    wanted = [{"formality_id": one.formality}]
    run.keep("scheduling", "visits", visit.id, case_id=case.id, wanted=wanted, appointments=[{"id": one.appointment, **state}], **plan)
    said = {"caseId": case.id, "visitId": visit.id, "revision": 1}
    run.tell(visit, "visit.proposed", screened, **said)
    told = {**said, "locationId": PLACE, "day": DAY, "items": [one.item], "requestedAt": moment(run.now)}
    confirmed = run.tell(visit, "visit.confirmed", screened, **told)
    run.tell(visit, "appointment.booked", screened, **told, **one.item, deskId=DESK)
    agenda = run.keep("scheduling", "agendas", derived("agenda", PLACE, DAY), location=PLACE, day=DAY, taken={})
    minute = 630 if starts == HALF_PAST_TEN else 660
    agenda["taken"][visit.id] = [1, [[DESK, minute, minute + 30]]]
    _message(run, one, "visit_confirmed", visit.id, 1, causation=confirmed)
    return one


def _cancelled(run: RunFolder, one: Household) -> None:
    visit = run.document("scheduling", "visits", one.visit.id)
    visit["stage"], visit["appointments"][0]["state"], visit["revision"] = "cancelled", "cancelled", 2
    del run.document("scheduling", "agendas", derived("agenda", PLACE, DAY))["taken"][one.visit.id]
    run.call("cancel", case_id=one.case.id, visit_id=one.visit.id)
    said = {"caseId": one.case.id, "visitId": one.visit.id, "revision": 2, "replanned": False, "late": False}
    run.tell(one.visit, "appointment.cancelled", **said, **one.item)
    cancelled = run.tell(one.visit, "visit.cancelled", **said)
    _message(run, one, "visit_cancelled", one.visit.id, 2, causation=cancelled)
    _closed(run, one, "withdrawn")


def _completed(run: RunFolder, one: Household) -> None:
    visit = run.document("scheduling", "visits", one.visit.id)
    visit["stage"], visit["appointments"][0]["state"] = "completed", "completed"
    said = {"caseId": one.case.id, "visitId": one.visit.id, "locationId": PLACE, "deskId": DESK, "products": ["registration"], **one.item}
    for kind, topic in (("check_in", "checked-in"), ("start", "started"), ("complete", "completed")):
        run.call(kind, case_id=one.case.id, appointment_id=one.appointment)
        run.tell(one.visit, f"appointment.{topic}", **said)
    settled = {"product": "registration", "persons": [1], "completedAt": moment(run.now), "formalityId": one.formality}
    run.tell(one.visit, "formality.completed", caseId=one.case.id, visitId=one.visit.id, **settled)
    _closed(run, one, "completed")


def _closed(run: RunFolder, one: Household, result: str) -> None:
    run.document("intake", "cases", one.case.id)["status"] = result
    closed = run.tell(one.case, "case.closed", caseId=one.case.id, result=result)
    _message(run, one, "case_closed", one.case.id, causation=closed)


def _message(run: RunFolder, one: Household, template: str, *cause: object, causation: str) -> None:
    id_, source = message_of(template, *cause), Source("notifications", "messages", message_of(template, *cause), one.case.id)
    facts = {"visit_id": one.visit.id, "revision": cause[1]} if len(cause) > 1 else {}
    run.keep(
        "notifications", "messages", id_, case_id=one.case.id, template=template, state="sent", facts=facts, reason_code=None, attempt=1
    )
    said = {"caseId": one.case.id, "messageId": id_, "templateKey": template, "channel": "email", "locale": "en", "preferredLocale": "en"}
    run.tell(source, "notification.requested", causation, **said)
    run.ledgers["mail"].append({"at": run.at(), "message_id": f"<{id_}@loket>", "notification_id": id_, "act": "accepted"})
    run.tell(source, "notification.sent", causation, **said, localeFallback=False)


def _poisoned(run: RunFolder) -> None:
    place = run.record("case.screened", "garbage", {}, b"{")
    run.ledgers["poison"].append(
        {"at": run.at(), "kind": "no_event", "topic": place[0], "partition": place[1], "offset": place[2], "key": "garbage"}
    )
    run.lane("scheduling", place)
    run.lane("reporting", place)


def _answers(run: RunFolder, households: list[Household], standing: list[Household]) -> None:
    for one in households:
        case = one.case.id
        run.ledgers["statuses"].append(
            {"case_id": case, "status_code": 200, "body": {"status": run.document("intake", "cases", case)["status"]}}
        )
        heard = [line for line in run.ledgers["log"] if line["key"] == case and line["topic"] != "party.contact-changed"]
        run.ledgers["timelines"].append({"case_id": case, "body": {"items": [{"eventId": line["headers"]["ce_id"]} for line in heard]}})
    shown = [{"appointmentId": one.appointment, "state": "booked"} for one in standing]
    run.ledgers["lists"].append({"desk": DESK, "date": DAY, "body": {"appointments": shown}})
    sent = [line for line in run.ledgers["log"] if line["topic"] == "notification.requested"]
    none, all_ = (
        {"value": None, "numerator": None, "denominator": None},
        {"value": "1.0000", "numerator": len(sent), "denominator": len(sent)},
    )
    details = {"preferred_language": all_, "language_fallback": {**all_, "value": "0.0000", "numerator": 0}}
    details |= {name: {**none, "value": "0"} for name in ("failed", "unknown", "suppressed")}
    body = {
        "indicator": {"definitionVersion": "v1"},
        "period": {"first": "2026-09-01", "end": "2026-10-01"},
        "by": "channel",
        "total": {"group": None, "n": len(sent), **all_, "details": details},
        "groups": [{"group": "email", "n": len(sent), **all_, "details": details}],
    }
    events = [{"eventId": line["headers"]["ce_id"], "role": "sent"} for line in sent]
    run.ledgers["indicators"].append({"k": "k20", "query": "by=channel", "body": body, "events": events})
