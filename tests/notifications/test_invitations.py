"""Calendar objects: valid, stable, rising, in the zone of the place."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from notifications.domain import Template

LATER = date(2026, 12, 3)


def objects(letter):
    return [Calendar.from_ical(invitation.content) for invitation in letter.invitations]


def events(letter):
    return [(str(calendar["METHOD"]), event) for calendar in objects(letter) for event in calendar.walk("VEVENT")]


async def test_a_confirmed_visit_invites_to_each_of_its_appointments(reachable):
    await reachable.hear(reachable.confirmed())

    (letter,) = reachable.mailer.letters
    assert [(method, str(event["STATUS"]), int(event["SEQUENCE"])) for method, event in events(letter)] == [("REQUEST", "CONFIRMED", 2)] * 2
    assert [str(event["UID"]) for _, event in events(letter)] == [f"{item.appointment_id}@loket.example.org" for item in reachable.items()]
    for calendar in objects(letter):
        assert len({str(event["UID"]) for event in calendar.walk("VEVENT")}) == 1
        assert str(calendar["VERSION"]) == "2.0"


async def test_an_appointment_is_in_the_zone_of_its_place_and_the_zone_is_spelled_out(reachable):
    await reachable.hear(reachable.confirmed())

    content = reachable.mailer.letters[0].invitations[0].content
    (_, event), *_ = events(reachable.mailer.letters[0])
    (zone,) = objects(reachable.mailer.letters[0])[0].walk("VTIMEZONE")
    assert b"DTSTART;TZID=Europe/Amsterdam:20261124T090000\r\n" in content
    assert event.decoded("DTSTART") == datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert str(zone["TZID"]) == "Europe/Amsterdam"
    assert {str(part["TZOFFSETTO"].to_ical()) for part in zone.subcomponents} == {"+0100", "+0200"}


async def test_every_line_ends_with_crlf_and_is_short_enough(reachable):
    await reachable.hear(reachable.contact(revision=2, name="Ä" * 150), reachable.confirmed())

    for invitation in reachable.mailer.letters[0].invitations:
        assert invitation.content.count(b"\n") == invitation.content.count(b"\r\n")
        assert invitation.content.endswith(b"END:VCALENDAR\r\n")
        assert max(map(len, invitation.content.split(b"\r\n"))) <= 75


@pytest.mark.parametrize("revision", [1, 2])
async def test_a_cancellation_has_the_same_uid_and_a_higher_sequence(reachable, revision):
    await reachable.hear(reachable.confirmed(1), reachable.cancelled(revision))

    confirmed, cancelled = reachable.mailer.letters
    assert [str(event["UID"]) for _, event in events(cancelled)] == [str(event["UID"]) for _, event in events(confirmed)]
    assert {(method, str(event["STATUS"])) for method, event in events(cancelled)} == {("CANCEL", "CANCELLED")}
    assert min(int(event["SEQUENCE"]) for _, event in events(cancelled)) > max(int(event["SEQUENCE"]) for _, event in events(confirmed))


async def test_the_sequence_rises_with_every_change(reachable):
    await reachable.hear(
        reachable.confirmed(1), reachable.cancelled(1), reachable.confirmed(2), reachable.confirmed(3), reachable.cancelled(4)
    )

    sequences = [int(events(letter)[0][1]["SEQUENCE"]) for letter in reachable.mailer.letters]
    assert sequences == sorted(set(sequences))


async def test_appointments_of_an_earlier_plan_are_taken_out_with_the_new_one(reachable):
    await reachable.hear(reachable.confirmed(1), reachable.confirmed(2, LATER))

    said = events(reachable.mailer.letters[1])
    assert [method for method, _ in said] == ["REQUEST", "REQUEST", "CANCEL", "CANCEL"]
    assert {str(event["UID"]) for method, event in said if method == "CANCEL"} == {
        str(event["UID"]) for _, event in events(reachable.mailer.letters[0])
    }


async def test_a_cancellation_takes_out_what_was_told_also_when_the_event_names_nothing(reachable):
    await reachable.hear(reachable.confirmed(1), reachable.cancelled(2, None, location_id=None))

    assert len(reachable.mailer.letters[1].invitations) == 2


async def test_reminders_and_other_messages_invite_to_nothing(reachable):
    await reachable.hear(reachable.confirmed(), reachable.created())
    await reachable.wait(days=7)

    letters = {sent.template_key: letter for sent, letter in zip(reachable.told("sent"), reachable.mailer.letters, strict=True)}
    assert letters[Template.VISIT_REMINDER].invitations == letters[Template.SUBMISSION_RECEIVED].invitations == ()


async def test_a_hostile_name_adds_no_line_to_a_calendar(reachable):
    await reachable.hear(reachable.contact(revision=2, name='Eve"\r\nATTACH:http://example.org\r\nX;Y:"'), reachable.confirmed())

    for _, event in events(reachable.mailer.letters[0]):
        assert "ATTACH" not in event
        assert str(event["ATTENDEE"]) == "mailto:a.example@example.org"
