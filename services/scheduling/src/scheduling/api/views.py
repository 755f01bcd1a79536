"""What callers get to see of locations, desks, visits and appointments; moments in UTC, and beside them as on the wall."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from common.http import View
from scheduling.domain.appointment import Appointment, State
from scheduling.domain.plan import FittingDay
from scheduling.domain.steps import RetryVisit
from scheduling.domain.visit import Stage, Visit


class AppointmentView(View):
    """One appointment; `timezone` names the zone of the local times."""

    appointment_id: UUID
    visit_id: UUID
    case_id: UUID
    location_id: str
    desk_id: str
    state: State
    products: tuple[str, ...]
    persons: tuple[int, ...]
    language: str
    starts_at: datetime
    ends_at: datetime
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str

    @classmethod
    def of(cls, visit: Visit, one: Appointment) -> "AppointmentView":
        """An appointment of a visit."""
        zone = ZoneInfo(visit.timezone)
        return cls(
            appointment_id=one.id,
            visit_id=visit.id,
            case_id=visit.case_id,
            location_id=visit.location or "",
            desk_id=one.desk,
            state=one.state,
            products=one.products,
            persons=one.persons,
            language=visit.language,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            starts_at_local=one.starts_at.astimezone(zone),
            ends_at_local=one.ends_at.astimezone(zone),
            timezone=visit.timezone,
        )


class VisitView(View):
    """A visit with its appointments in their order."""

    visit_id: UUID
    case_id: UUID
    stage: Stage
    revision: int
    requested_at: datetime
    location_id: str | None
    day: date | None
    timezone: str
    deferred_for: str | None
    retry_at: datetime | None
    appointments: list[AppointmentView]

    @classmethod
    def of(cls, visit: Visit) -> "VisitView":
        """A visit as it is now."""
        retry = visit.waiting.get(RetryVisit.__name__)
        return cls(
            visit_id=visit.id,
            case_id=visit.case_id,
            stage=visit.stage,
            revision=visit.revision,
            requested_at=visit.requested_at,
            location_id=visit.location,
            day=visit.day,
            timezone=visit.timezone,
            deferred_for=visit.deferred_for,
            retry_at=None if retry is None else retry.due,
            appointments=[AppointmentView.of(visit, one) for one in visit.appointments],
        )


class FittingDayView(View):
    """A day with room for everything, from the first appointment to the last; `timezone` names the zone of the local times."""

    location_id: str
    day: date
    starts_at: datetime
    ends_at: datetime
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str

    @classmethod
    def of(cls, found: FittingDay, zone: ZoneInfo) -> "FittingDayView":
        """A day that was found."""
        return cls(
            location_id=found.location,
            day=found.day,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            starts_at_local=found.starts_at.astimezone(zone),
            ends_at_local=found.ends_at.astimezone(zone),
            timezone=zone.key,
        )


class DeskView(View):
    """A desk, and its opening hours in local time by weekday."""

    desk_id: str
    organisation: str
    products: tuple[str, ...]
    languages: tuple[str, ...]
    hours: dict[str, tuple[str, ...]]


class LocationView(View):
    """A location with its desks."""

    location_id: str
    name: str
    address: str
    timezone: str
    municipalities: tuple[str, ...]
    desks: list[DeskView]


class DeskDayView(View):
    """The day list of a desk; `closed` is the reason where it is closed that day."""

    desk_id: str
    location_id: str
    date: date
    timezone: str
    hours: list[str]
    closed: str | None
    appointments: list[AppointmentView]


class ClosureView(View):
    """A closure that was ordered at run time; without a desk it closes the location."""

    location_id: str
    desk_id: str | None
    date: date
    reason_code: str
