"""Visits, appointments and messages as scheduling and notifications tell them."""

from datetime import UTC, date, datetime
from typing import Any

from reporting_told import AT, Told, id_

from common.events import appointment, notification, visit


def confirmed(
    visit_name: str,
    *products: str,
    day: date = date(2026, 11, 10),
    revision: int = 1,
    requested: datetime = AT,
    offered: datetime = AT,
    case_name: str = "case",
) -> Told:
    """A visit has its day; each product has an appointment of its own."""
    starts = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    items = tuple(
        visit.VisitItem(
            appointment_id=id_(f"{visit_name}/{product}/{revision}"),
            products=(product,),
            desk_id="mosae_forum.ecmr.1",
            starts_at=starts,
            ends_at=starts,
            persons=(1, 2),
        )
        for product in products
    )
    event = visit.VisitConfirmed(
        occurred_at=offered,
        case_id=id_(case_name),
        visit_id=id_(visit_name),
        party_id=id_("party"),
        language="en",
        revision=revision,
        location_id="mosae_forum",
        day=day,
        timezone="Europe/Amsterdam",
        items=items,
        requested_at=requested,
    )
    return Told(f"confirmed {visit_name} {revision}", event, subject=visit_name, sequence=revision)


def proposed(visit_name: str, *, third: date | None, when: datetime = AT, revision: int = 1, case_name: str = "case") -> Told:
    """A day has been chosen."""
    event = visit.VisitProposed(
        occurred_at=when,
        case_id=id_(case_name),
        visit_id=id_(visit_name),
        party_id=id_("party"),
        language="en",
        revision=revision,
        location_id="mosae_forum",
        day=when.date(),
        timezone="Europe/Amsterdam",
        items=(),
        third_available_day=third,
    )
    return Told(f"proposed {visit_name} {revision}", event)


def visit_cancelled(visit_name: str, *, revision: int = 2, replanned: bool = False, case_name: str = "case") -> Told:
    """A visit is off."""
    event = visit.VisitCancelled(
        occurred_at=AT,
        case_id=id_(case_name),
        visit_id=id_(visit_name),
        party_id=id_("party"),
        language="en",
        revision=revision,
        planned=True,
        by="client",
        reason_code="client_cancelled",
        late=False,
        replanned=replanned,
    )
    return Told(f"cancelled {visit_name} {revision}", event, subject=visit_name, sequence=revision)


def _appointment(visit_name: str, product: str, when: datetime, *, revision: int, location: str, case_name: str) -> dict[str, Any]:
    return {
        "case_id": id_(case_name),
        "appointment_id": id_(f"{visit_name}/{product}/{revision}"),
        "visit_id": id_(visit_name),
        "location_id": location,
        "desk_id": f"{location}.ecmr.1",
        "products": (product,),
        "starts_at": when,
        "ends_at": when,
        "persons": (1, 2),
    }


def attended(
    visit_name: str,
    product: str,
    *,
    when: datetime = AT,
    revision: int = 1,
    location: str = "mosae_forum",
    case_name: str = "case",
    outcome: str = "settled",
) -> Told:
    """A desk has finished an appointment."""
    common = _appointment(visit_name, product, when, revision=revision, location=location, case_name=case_name)
    event = appointment.AppointmentCompleted(occurred_at=when, outcome=outcome, duration_seconds=900, follow_up_needed=False, **common)
    return Told(f"attended {visit_name} {product}", event)


def settled(visit_name: str, product: str, *, when: datetime = AT, persons: tuple[int, ...] = (1, 2), case_name: str = "case") -> Told:
    """A formality is settled."""
    event = appointment.FormalityCompleted(
        occurred_at=when,
        case_id=id_(case_name),
        formality_id=id_(f"formality {visit_name} {product}"),
        product=product,
        visit_id=id_(visit_name),
        persons=persons,
        completed_at=when,
        outcome="settled",
        same_day_as_plan=True,
    )
    return Told(f"settled {visit_name} {product}", event)


def booked(visit_name: str, product: str, *, when: datetime, requested: datetime, case_name: str = "case") -> Told:
    """A desk and a time are taken."""
    common = _appointment(visit_name, product, when, revision=1, location="mosae_forum", case_name=case_name)
    return Told(
        f"booked {visit_name} {product}",
        appointment.AppointmentBooked(occurred_at=requested, booked_by="client", requested_at=requested, **common),
    )


def missed(visit_name: str, product: str, *, when: datetime = AT, recorded: datetime | None = None, case_name: str = "case") -> Told:
    """Nobody came."""
    common = _appointment(visit_name, product, when, revision=1, location="mosae_forum", case_name=case_name)
    event = appointment.AppointmentNoShow(
        occurred_at=recorded or when, recorded_by="desk_ecmr_1", policy_version="no-show-2020-1", **common
    )
    return Told(f"missed {visit_name} {product}", event)


def called_off(visit_name: str, product: str, *, late: bool, when: datetime = AT, case_name: str = "case") -> Told:
    """An appointment will not take place."""
    common = _appointment(visit_name, product, when, revision=1, location="mosae_forum", case_name=case_name)
    event = appointment.AppointmentCancelled(
        occurred_at=AT, by="client", reason_code="client_cancelled", notice_working_days=1, late=late, **common
    )
    return Told(f"called off {visit_name} {product}", event)


def _message(name: str, template: str, when: datetime, case_name: str) -> dict[str, Any]:
    return {"occurred_at": when, "case_id": id_(case_name), "message_id": id_(name), "template_key": template, "channel": "email"}


def requested(name: str, *, template: str = "visit_confirmed", when: datetime = AT, case_name: str = "case") -> Told:
    """A message is to be sent."""
    event = notification.NotificationRequested(
        party_id=id_("party"), locale="de", not_before=when, expires_at=when, **_message(name, template, when, case_name)
    )
    return Told(f"requested {name}", event, subject=name)


def sent(
    name: str,
    *,
    template: str = "visit_confirmed",
    when: datetime = AT,
    locale: Any = "de",
    fallback: bool = False,
    case_name: str = "case",
) -> Told:
    """The provider has taken a message."""
    event = notification.NotificationSent(
        template_version="1",
        locale=locale,
        preferred_locale="de",
        locale_fallback=fallback,
        attempt=1,
        **_message(name, template, when, case_name),
    )
    return Told(f"sent {name}", event, subject=name)


def failed(name: str, outcome: Any = "failed", *, when: datetime = AT) -> Told:
    """A message was not sent, or nobody knows."""
    event = notification.NotificationFailed(
        outcome=outcome, reason_code="refused", attempt=1, **_message(name, "visit_confirmed", when, "case")
    )
    return Told(f"{outcome} {name}", event, subject=name)


def suppressed(name: str) -> Told:
    """A message was not needed any more."""
    event = notification.NotificationSuppressed(reason_code="visit_cancelled", **_message(name, "visit_confirmed", AT, "case"))
    return Told(f"suppressed {name}", event, subject=name)
