"""Citizen service numbers in what partners send. Numbers here are the published test numbers 123456782 and 249566758."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.gateway.bsn import holds_bsn, places_of_bsn


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


@given(st.text(st.sampled_from("0123456789 .-ax"), max_size=40))
def test_the_quick_look_lets_nothing_by_that_the_close_look_finds(text):
    assert holds_bsn(text) == holds_bsn(text + " é")  # what is not ASCII is always looked at closely
