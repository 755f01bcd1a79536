"""Letters on the wire: what mail programs read, and that nobody can add a header."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from notifications.channels.addresses import NoAddress, mailbox
from notifications.channels.mime import message_bytes
from notifications.ports import Invitation, Letter

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def letter(**changes):
    return Letter(
        **{
            "message_id": "0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e",
            "locale": "de",
            "preferred_locale": "de",
            "template_version": "1.1",
            "sender_name": "Maastricht International Centre",
            "to_name": "A. Example",
            "to_address": "a.example@example.org",
            "subject": "Ihr Besuch ist bestätigt",
            "text": "Guten Tag\n.\nGrüße\n",
            "html": "<p>Grüße</p>",
            **changes,
        }
    )


def wire(**changes):
    from uuid import UUID

    changes.setdefault("message_id", UUID("0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e"))
    return message_bytes(letter(**changes), "desk@loket.example.org", "a.example@example.org", NOON)


def parsed(**changes):
    return message_from_bytes(wire(**changes), policy=SMTP)


def test_a_letter_says_the_same_in_text_and_html():
    message = parsed()

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part["Content-Language"] for part in (message, *message.iter_parts())] == ["de"] * 3
    assert message.get_body(("plain",)).get_content() == "Guten Tag\n.\nGrüße\n"
    assert message["Subject"] == "Ihr Besuch ist bestätigt"
    assert str(message["From"]) == "Maastricht International Centre <desk@loket.example.org>"


def test_the_key_of_a_letter_is_the_same_whenever_it_is_sent():
    first, second = parsed(), message_from_bytes(wire(subject="x"), policy=SMTP)

    assert first["Message-ID"] == second["Message-ID"] == "<0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e@loket.example.org>"
    assert first["X-Entity-Ref-ID"] == "0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e"
    assert first["Auto-Submitted"] == "auto-generated"


def test_one_invitation_stands_where_calendars_look_for_it():
    message = parsed(invitations=(Invitation("REQUEST", CALENDAR),))

    assert message.get_content_type() == "multipart/alternative"
    part = list(message.iter_parts())[-1]
    assert (part.get_content_type(), part.get_param("method"), part.get_param("charset")) == ("text/calendar", "REQUEST", "utf-8")
    assert part.get_payload(decode=True) == CALENDAR


def test_several_invitations_travel_as_files_one_object_each():
    message = parsed(invitations=(Invitation("REQUEST", CALENDAR), Invitation("CANCEL", CALENDAR)))

    body, *calendars = message.iter_parts()
    assert (message.get_content_type(), body.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    assert [(part.get_filename(), part.get_param("method"), part.get_payload(decode=True)) for part in calendars] == [
        ("request-1.ics", "REQUEST", CALENDAR),
        ("cancel-2.ics", "CANCEL", CALENDAR),
    ]


def test_the_wire_has_ascii_crlf_and_short_lines():
    content = wire(to_name="Ä" * 200, subject="ö" * 200, invitations=(Invitation("REQUEST", CALENDAR),))

    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert message_from_bytes(content, policy=SMTP)["Subject"] == "ö" * 200


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: all@example.org",
        "Eve\nBcc: all@example.org",
        'Eve" <all@example.org>, "',
        "Ä\r\n\r\nBody",
        "\r\n.\r\nMAIL FROM:<x@example.org>",
    ],
)
def test_a_name_adds_no_header_and_no_recipient(name):
    message = parsed(to_name=name, subject=name, sender_name=name)

    assert "Bcc" not in message
    assert [address.addr_spec for address in message["To"].addresses] == ["a.example@example.org"]
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("a.example@example.org", "a.example@example.org"),
        ("A+b_c@sub.example.org", "A+b_c@sub.example.org"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_addresses_that_can_be_written_to(address, whole):
    assert mailbox(address) == whole


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@example.org", "a@", "a@localhost", "a@b@example.org", "a b@example.org", "a@exam ple.org",
        "a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org>", "a@example.org,b@example.org", '"a b"@example.org', "a@[127.0.0.1]",
        "a@example..org", ".a@example.org", "a..b@example.org", "ä@example.org", "a@-example.org", "a\x00@example.org",
        "x" * 65 + "@example.org", "a@" + "x" * 64 + ".org", "a@" + ".".join(["x" * 60] * 5) + ".org",
    ],
)  # fmt: skip
def test_addresses_that_cannot(address):
    with pytest.raises(NoAddress):
        mailbox(address)
