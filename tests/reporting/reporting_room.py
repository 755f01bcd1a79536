"""Events as the services tell them, and a room in which reporting takes them in and counts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from common.aggregate import Mark
from common.envelope import Envelope, receiving
from common.events import appointment, case, contact, notification, visit
from common.events.base import Event
from common.ids import derived
from common.runner import Origin, Runner
from common.store.port import Collection
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock
from reporting.app import COMMANDS, STEPS, SUBSCRIBES, wire
from reporting.definitions import Catalogue
from reporting.domain import Fact, Figure, Period
from reporting.figures import Counted
from reporting.region import Region
from reporting.settings import Settings

REGION = Path(__file__).parents[2] / "regions" / "south-limburg" / "reporting"
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
AT = datetime(2026, 11, 10, 9, tzinfo=UTC)  # ten in the morning in Maastricht
END = datetime(2026, 11, 30, 9, tzinfo=UTC)

READ_REGION, READ_CATALOGUE = Region.read(REGION), Catalogue.read()
SETTINGS = Settings(staff_secret="not-a-secret-only-a-test", region_path=REGION.parent)


def id_(name: str) -> UUID:
    """The id that a name of a scenario stands for."""
    return derived("scenario", name)


def at(day: int, hour: int = 9, minute: int = 0, month: int = 11) -> datetime:
    """A moment in 2026, UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


class Told:
    """An event with its envelope; the name gives the event its id, so that scenarios can speak of it."""

    def __init__(self, name: str, event: Event, *, sequence: int = 1, subject: str | None = None, offset: int = 0) -> None:
        self.name, self.event = name, event
        self.envelope = Envelope(
            id=id_(name),
            source=f"urn:nld:oin:00000000000000000000:systeem:{event.publisher}",
            subject=id_(subject or name),
            time=event.occurred_at,
            sequence=sequence,
            aggregate_version=sequence,
            correlation=id_("journey"),
            causation=id_("cause of " + name),
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            topic=event.topic,
            partition=3,
            offset=offset,
        )


class Room:
    """Reporting over a store in memory, without Kafka and HTTP."""

    def __init__(self, now: datetime = END, store: MemoryStore | None = None) -> None:
        self.clock = StoppedClock(now)
        self.store = store or MemoryStore()
        self.ports, self.reading = wire(self.store, self.clock, SETTINGS, READ_REGION, READ_CATALOGUE)
        self.figures = self.reading.figures
        self.runner = Runner(self.ports, self.store, self.clock, lambda _aggregate, _entries: None)
        self._handlers = {on.message: on for on in (*SUBSCRIBES, *STEPS, *COMMANDS)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.reading.warehouse.close()

    async def hear(self, *told: Told) -> None:
        """Take in events, one after the other."""
        for one in told:
            token = receiving.set(one.envelope)
            try:
                mark = Mark(f"{one.event.topic}/{one.envelope.subject}/{one.name}", 1)
                await self.runner.run(self._handlers[type(one.event)], one.event, Origin(mark, correlation=one.envelope.correlation))
            finally:
                receiving.reset(token)

    async def facts(self) -> list[Fact]:
        """Everything that was kept."""
        return await Collection(self.store, Fact).find({}, limit=100_000)

    async def total(self, key: str, period: Period = NOVEMBER) -> Figure:
        """An indicator's figure."""
        return await self.figures.total(self.figures.definition(key, period.first), period)

    async def split(self, key: str, by: str, period: Period = NOVEMBER) -> dict[str | None, Figure]:
        """An indicator's figures by group."""
        return {figure.group: figure for figure in await self.figures.split(self.figures.definition(key, period.first), period, by)}

    async def counted(self, key: str, period: Period = NOVEMBER, by: str | None = None, group: str | None = None) -> list[Counted]:
        """The events behind a figure."""
        total, events = await self.figures.events(self.figures.definition(key, period.first), period, by, group, limit=1000, skip=0)
        assert total == len(events)
        return events


def ids(*names: str) -> set[UUID]:
    """The ids of events by their names."""
    return {id_(name) for name in names}


def listed(counted: Iterable[Counted]) -> set[UUID]:
    """The ids of the events behind a figure."""
    return {one.event_id for one in counted}


def created(
    case_name: str, *, when: datetime = AT, organisation: str | None = "engineering-sponsor", municipality: str = "GM0935", **more: Any
) -> Told:
    """A case was received."""
    event = case.CaseCreated(
        occurred_at=when,
        case_id=id_(case_name),
        case_type=more.pop("case_type", "fast_track_eu"),
        catalogue_version="2026-1",
        initiator_role="sponsor",
        partner_id=organisation or "municipality-portal",
        organisation_id=organisation,
        channel="partner",
        language="en",
        party_id=id_("party"),
        municipality_code=municipality,
        nationality_group="eu_eea_ch",
        purpose="eu_work",
        household_size=2,
        journey_id=id_("journey"),
        formalities=(),
    )
    return Told(f"created {case_name}", event, subject=case_name, **more)


def screened(case_name: str, outcome: Any = "accepted", *, when: datetime = AT) -> Told:
    """The rules have spoken."""
    event = case.CaseScreened(
        occurred_at=when,
        case_id=id_(case_name),
        case_type="fast_track_eu",
        route="one_stop",
        outcome=outcome,
        rule_version="2026-1",
        reason_codes=(),
        language="en",
        party_id=id_("party"),
        municipality_code="GM0935",
        household_size=2,
        formalities=(),
        not_before=when,
    )
    return Told(f"screened {case_name}", event, subject=case_name)


def contacted(
    name: str,
    *,
    when: datetime = AT,
    service: str = "ecmr",
    direction: Any = "in",
    succeeded: bool = True,
    client: str | None = None,
    **more: Any,
) -> Told:
    """A client and a service have spoken."""
    event = contact.ContactRegistered(
        occurred_at=when,
        case_id=id_(more.pop("case_name", name)),
        contact_id=id_(name),
        service=service,
        channel=more.pop("channel", "phone"),
        direction=direction,
        themes=("tax",),
        country_pair=more.pop("country_pair", None),
        language="nl",
        succeeded=succeeded,
        client_pseudonym=id_(client) if client else None,
        organisation_id=more.pop("organisation", None),
    )
    return Told(name, event, **more)


def bsn(name: str, started: date, issued: date, *, case_name: str = "case") -> Told:
    """A number was issued."""
    event = case.BsnIssued(
        occurred_at=datetime(issued.year, issued.month, issued.day, 12, tzinfo=UTC),
        case_id=id_(case_name),
        person=1,
        issued_on=issued,
        clock_start=started,
        start_event="application",
        route="one_stop",
    )
    return Told(name, event)


def permit(name: str, applied: date, decided: date, *, purpose: str = "highly_skilled_migrant", granted: bool = True) -> Told:
    """The immigration service has decided."""
    event = case.PermitDecided(
        occurred_at=datetime(decided.year, decided.month, decided.day, 12, tzinfo=UTC),
        case_id=id_("case"),
        person=1,
        applied_on=applied,
        decided_on=decided,
        purpose=purpose,
        granted=granted,
    )
    return Told(name, event)


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
