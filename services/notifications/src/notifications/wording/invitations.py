"""Appointments as calendars understand them (RFC 5545, RFC 5546): a stable UID each, a SEQUENCE that rises, the zone spelled out.

One object per appointment, because a REQUEST or CANCEL must not hold components with different UIDs (RFC 5546, 3.2.2).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone

from common.events.visit import VisitItem
from notifications.domain import CancelledVisit, PlannedVisit
from notifications.ports import Invitation
from notifications.wording.content_lines import line, moment, text
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
        lines = (
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
            line("PRODID", PRODUCT),
            line("METHOD", method),
            _zone(self._visit.timezone, item.starts_at.year),
            b"BEGIN:VEVENT\r\n",
            *self._event(method, item),
            b"END:VEVENT\r\nEND:VCALENDAR\r\n",
        )
        return b"".join(lines)

    def _event(self, method: str, item: VisitItem) -> Iterator[bytes]:
        name, zone = self._visit.timezone, ZoneInfo(self._visit.timezone)
        words, language = self._speaker.appointment(item, name), self._speaker.language
        people = self._people
        yield line("UID", f"{item.appointment_id}@{people.organiser_address.rpartition('@')[2]}")
        yield line("SEQUENCE", str(sequence(method, self._visit.revision)))
        yield line("DTSTAMP", moment(self._stamp.astimezone(UTC)))
        yield line("DTSTART", moment(item.starts_at.astimezone(zone)), TZID=name)
        yield line("DTEND", moment(item.ends_at.astimezone(zone)), TZID=name)
        yield line("STATUS", "CANCELLED" if method == CANCEL else "CONFIRMED")
        yield line("SUMMARY", text(words.products), LANGUAGE=language)
        yield line("DESCRIPTION", text(words.organisation), LANGUAGE=language)
        if self._visit.location_id:
            yield line("LOCATION", text(self._speaker.place(self._visit.location_id)), LANGUAGE=language)
        yield line("ORGANIZER", f"mailto:{people.organiser_address}", CN=people.organiser_name)
        yield line("ATTENDEE", f"mailto:{people.attendee_address}", CN=people.attendee_name, PARTSTAT="NEEDS-ACTION", RSVP="FALSE")


def sequence(method: str, revision: int) -> int:
    """Rises with each revision, and once more when that revision is cancelled, whether or not cancelling is a revision of its own."""
    return 2 * revision + (1 if method == CANCEL else 0)


@lru_cache(maxsize=64)
def _zone(timezone: str, year: int) -> bytes:
    """The VTIMEZONE as it stands in every object of a year: writing it out takes longer than all the rest."""
    zone = Timezone.from_tzinfo(ZoneInfo(timezone), timezone, first_date=date(year, 1, 1), last_date=date(year + 1, 1, 1))
    return bytes(zone.to_ical())
