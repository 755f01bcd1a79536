"""Citizen service numbers in what partners send. Numbers here are the published test numbers 123456782 and 249566758."""

import json
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake.gateway.bsn import holds_bsn, may_hold_bsn, places_of_bsn

from .bench import event


@pytest.mark.parametrize(
    "text",
    [
        "123456782", "249566758", "BSN123456782", "my number is 123456782.", "123.456.782", "123 456 782", "123-456-782",
        "1234.56.782", "x@123456782.nl",
        "123456782@example.org", '{"id":"order-123456782"}', "+123456782", "12345672", "١٢٣٤٥٦٧٨٢",
    ],
)  # fmt: skip
def test_a_citizen_service_number_is_found(text):
    assert holds_bsn(text) is (text != "12345672" or passes("012345672"))


DISGUISED = (
    "123\u00a0456\u00a0782", "123\u2007456\u202f782", "123/456/782", "12 34 56 782", "1 2 3 4 5 6 7 8 2", "1-23456782",
    "1.2.3.4.5.6.7.8.2", "0123456782", "00123456782", "000123456782", "+31123456782", "0031123456782", "31123456782",
    "123\u200b456\u200d782", "\ufeff123\u00ad456782", "123_456_782", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff12",
    "\u0661\u0662\u0663 \u0664\u0665\u0666 \u0667\u0668\u0662", "\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2461",
    "NL123456782B01", "case123456782x", "Jan.Jansen-123456782", "123  456  782", "123\u2013456\u2013782", "123\u2011456\u2012782",
    "123,456,782", "123\u2024456\u00b7782", "BSN: 1234 567 82", "room 12, 123.456.782", "\U0001d7cf\U0001d7d0\U0001d7d1456782",
    "00000000-0000-0000-0000-000123456782", "00000000-0000-4000-8000-000123456782", "12345678-2000-0000-0000-000000000000",
    "0.123456782", "12345678.2",
)  # fmt: skip
GENUINE = (
    "0624956675", "+31 6 24956675", "+31624956675", "0031624956675", "+31 43 350 50 50", "043 350 50 50", "043-3505050",
    "+49 241 123456", "2026-11-24T09:00:00.123456782Z", "2026-11-24T09:00:00+01:00", "2026-11-24 10:30", "09:00:00", "1732352400",
    "1732352400123", "2026-00012", "order-2026-000123", "GM0935", "NL91ABNA0417164300",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "123456783", "1 2 3 4 5 6 7 8 3",
    "urn:nld:oin:00000001003214345000:systeem:x", "a.example+2026@example.org", "12345678-2000-4000-8000-123456782123", "1.2.3",
    "10.20.30.40",
)  # fmt: skip


@pytest.mark.parametrize("text", DISGUISED)
def test_a_number_in_disguise_is_found_as_text_key_and_part_of_a_word(text):
    assert holds_bsn(text)
    assert places_of_bsn({"a": {text: 1}, "b": [f"x{text}x", 1]}) == [("a",), ("b", 0)] or "-0000-" in text


@pytest.mark.parametrize("text", GENUINE)
def test_ids_telephone_numbers_and_moments_are_none(text):
    assert not holds_bsn(text)


def passes(digits: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "123456789", "000000000", "1234567820", "0612345678", "+31 612345678", "2026-11-24", "20261124", "24112026", "24.11.2026",
        "GM0935", "00000000000000000101",
        "urn:nld:oin:00000001003214345000:systeem:x", "1732352400", "NL91ABNA0417164300", "4bf92f3577b34da6a3ce929d0e0e4736",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_let_through(text):
    assert not holds_bsn(text)


@given(st.integers(1, 99_999_999))
def test_every_number_that_passes_the_test_is_found_and_no_other_of_nine_digits(stem):
    for last in range(10):
        digits = f"{stem:08d}{last}"
        assert holds_bsn(f"x {digits} y") is passes(digits)


@given(st.integers(10_000_000, 99_999_999))
def test_eight_digits_count_with_their_leading_zero_unless_they_are_a_day(number):
    digits = str(number)
    if holds_bsn(digits):
        assert passes("0" + digits)


def test_ids_do_not_trip_the_search():
    for _ in range(2000):
        assert not holds_bsn(str(uuid4()))
    assert not holds_bsn("12345678-2000-4000-8000-123456782123")
    assert not holds_bsn("deadbeefcafe123456782123456782ab")


def test_every_place_is_named_and_no_key_repeats_a_number():
    value = json.loads('{"a": ["123456782", {"b": 123456782}], "c": {"249566758": 1}, "d": 123456782.0}')

    assert sorted(places_of_bsn(value)) == [("a", 0), ("a", 1, "b"), ("c",), ("d",)]


@given(
    st.recursive(
        st.text(st.sampled_from("0123456789 .-/,ax"), max_size=24) | st.integers(0, 10**10), lambda inner: st.lists(inner, max_size=3)
    )
)
@example("1234-56-78 2")
@example("2026-11-24 123456782")
@example(12345678.2)
def test_the_quick_look_lets_nothing_by_that_the_close_look_finds(value):
    assert may_hold_bsn(json.dumps({"a": value})) or not places_of_bsn(value)


def test_the_quick_look_spares_usual_events_the_close_look(fast_track):
    assert not may_hold_bsn(json.dumps(event(fast_track(arrivesOn="2026-12-01"))))
