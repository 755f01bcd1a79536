"""Lines of a calendar object: what a library of others reads is what was meant, whatever the words."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Event

from notifications.wording.content_lines import LIMIT, folded, line, text

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def read(*lines):
    return Event.from_ical(b"BEGIN:VEVENT\r\n" + b"".join(lines) + b"END:VEVENT\r\n")


def without_controls(whole, instead="", spared=""):
    return "".join(instead if (ord(sign) < 32 or ord(sign) == 127) and sign not in spared else sign for sign in whole)


@settings(max_examples=300, deadline=None)
@given(words)
@example("a; b, c\\ d\r\ne\rf\n" * 10)
@example("\\" * 300)
@example("é" * 200)
def test_words_come_out_as_they_went_in(whole):
    meant = "\n".join(without_controls(part, spared="\t") for part in whole.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if "\\N" in meant:  # the library takes the escaped backslash before an N for a line break
        meant = whole = meant.replace("\\N", "")

    event = read(line("SUMMARY", text(whole), LANGUAGE="en"))

    assert str(event["SUMMARY"]) == meant
    assert set(event) == {"SUMMARY"}


@settings(max_examples=300, deadline=None)
@given(words)
@example('Eve"\r\nATTACH:http://example.org\r\nX;Y:"')
@example("^n ^' ^^")
def test_a_parameter_may_hold_anything(whole):
    whole = whole.replace("\\", "")  # the library that reads it takes one for an escape here, which RFC 5545 does not
    event = read(line("ORGANIZER", "mailto:a@example.org", CN="x" + whole), line("STATUS", "CONFIRMED"))

    assert event["ORGANIZER"].params["CN"] == "x" + without_controls(whole, " ").replace('"', "'")
    assert str(event["ORGANIZER"]) == "mailto:a@example.org"
    assert set(event) == {"ORGANIZER", "STATUS"}


@settings(max_examples=300, deadline=None)
@given(words)
@example("\\" * 300)
def test_no_line_is_too_long_and_unfolding_gives_it_back(whole):
    content = text(whole).encode()

    parts = folded(content).removesuffix(b"\r\n").split(b"\r\n ")

    assert b"".join(parts) == content
    assert [part.decode() for part in parts]  # none ends within a character
    assert max(map(len, (parts[0], *(b" " + part for part in parts[1:])))) <= LIMIT


def test_signs_with_a_meaning_of_their_own_are_escaped():
    assert text("a;b,c\\d\r\ne\x07") == "a\\;b\\,c\\\\d\\ne"
