"""Appointments as calendars understand them (RFC 5545, RFC 5546): a stable UID each, a SEQUENCE that rises, the zone spelled out.

One object per appointment, because a REQUEST or CANCEL must not hold components with different UIDs (RFC 5546, 3.2.2).
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from common.events.visit import VisitItem
from notifications.domain import CancelledVisit, PlannedVisit
from notifications.ports import Invitation
from notifications.wording.placeholders import Speaker

PRODUCT = "-//Loket//notifications//EN"
REQUEST, CANCEL = "REQUEST", "CANCEL"


class Correspondents(NamedTuple):
    """Who invites whom."""

    organiser_name: str
    organiser_address: str
    attendee_name: str
    attendee_address: str


class Inviting:
    """Makes the calendar objects of one visit."""

    def __init__(self, visit: PlannedVisit | CancelledVisit, speaker: Speaker, people: Correspondents, stamp: datetime) -> None:
        self._visit, self._speaker, self._people, self._stamp = visit, speaker, people, stamp

    def invitations(self) -> Iterator[Invitation]:
        """What calendars are told of the visit: what is planned, and what is withdrawn."""
        planned, withdrawn = (
            (self._visit.items, self._visit.withdrawn) if isinstance(self._visit, PlannedVisit) else ((), self._visit.items)
        )
        for method, items in ((REQUEST, planned), (CANCEL, withdrawn)):
            for item in items:
                yield Invitation(method, self._calendar(method, item))

    def _calendar(self, method: str, item: VisitItem) -> bytes:
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", method)
        calendar.add_component(self._event(method, item))
        head, begin, event = bytes(calendar.to_ical()).partition(b"BEGIN:VEVENT\r\n")
        return head + _zone(self._visit.timezone, item.starts_at.year) + begin + event

    def _event(self, method: str, item: VisitItem) -> Event:
        zone, words = ZoneInfo(self._visit.timezone), self._speaker.appointment(item, self._visit.timezone)
        language: dict[str, str] = {"LANGUAGE": self._speaker.language}
        event = Event()
        event.add("uid", f"{item.appointment_id}@{self._people.organiser_address.rpartition('@')[2]}")
        event.add("sequence", sequence(method, self._visit.revision))
        event.add("dtstamp", self._stamp)
        event.add("dtstart", item.starts_at.astimezone(zone))
        event.add("dtend", item.ends_at.astimezone(zone))
        event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
        event.add("summary", words.products, parameters=language)
        event.add("description", words.organisation, parameters=language)
        if self._visit.location_id:
            event.add("location", self._speaker.place(self._visit.location_id), parameters=language)
        event["organizer"] = _address(self._people.organiser_name, self._people.organiser_address)
        event["attendee"] = _address(self._people.attendee_name, self._people.attendee_address, PARTSTAT="NEEDS-ACTION", RSVP="FALSE")
        return event


def sequence(method: str, revision: int) -> int:
    """Rises with each revision, and once more when that revision is cancelled, whether or not cancelling is a revision of its own."""
    return 2 * revision + (1 if method == CANCEL else 0)


def _address(name: str, address: str, **parameters: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = vText(name.replace('"', "'"))
    for key, value in parameters.items():
        person.params[key] = vText(value)
    return person


@lru_cache(maxsize=64)
def _zone(timezone: str, year: int) -> bytes:
    """The VTIMEZONE as it stands in every object of a year: writing it out takes longer than all the rest."""
    zone = Timezone.from_tzinfo(ZoneInfo(timezone), timezone, first_date=date(year, 1, 1), last_date=date(year + 1, 1, 1))
    return bytes(zone.to_ical())
