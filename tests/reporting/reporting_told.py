"""Events as the services tell them, each with its envelope."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from common.envelope import Envelope
from common.events import case, contact
from common.events.base import Event
from common.ids import derived

AT = datetime(2026, 11, 10, 9, tzinfo=UTC)  # ten in the morning in Maastricht
END = datetime(2026, 11, 30, 9, tzinfo=UTC)


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


def ids(*names: str) -> set[UUID]:
    """The ids of events by their names."""
    return {id_(name) for name in names}


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


def screened(case_name: str, outcome: Any = "accepted", *, when: datetime = AT, sponsor: Any = "unknown", sequence: int = 1) -> Told:
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
        sponsor_status=sponsor,
    )
    return Told(f"screened {case_name}" + f" {sequence}" * (sequence > 1), event, subject=case_name, sequence=sequence)


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
