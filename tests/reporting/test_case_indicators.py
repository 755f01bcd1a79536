"""Indicators of cases and contacts against scenarios counted by hand: events, the figure, and the very events behind it."""

from datetime import date

import pytest
from reporting_room import YEAR, Room, listed
from reporting_told import at, bsn, contacted, created, ids, permit, screened


async def test_client_contacts_counts_successful_contacts_that_the_client_took_part_in(room: Room) -> None:
    await room.hear(
        contacted("asked"),
        contacted("talked", direction="two_way", channel="desk"),
        contacted("called by us", direction="out"),
        contacted("not reached", succeeded=False),
        contacted("elsewhere", service="gip_maastricht"),
        contacted("last year", when=at(31, 22, 59, month=12).replace(year=2025)),
    )

    figure = await room.total("k01", YEAR)

    assert (figure.value, figure.n) == ("2", 2)
    assert listed(await room.counted("k01", YEAR)) == ids("asked", "talked")
    assert {group: figure.value for group, figure in (await room.split("k01", "channel", YEAR)).items()} == {"phone": "1", "desk": "1"}


async def test_bsn_speed_measures_each_number_by_the_norm_of_its_day(room: Room) -> None:
    await room.hear(
        created("case", municipality="GM0917"),
        bsn("fast", date(2026, 11, 2), date(2026, 11, 3)),
        bsn("in time", date(2026, 11, 2), date(2026, 11, 7)),
        bsn("late", date(2026, 11, 2), date(2026, 11, 8)),
        bsn("next month", date(2026, 11, 30), date(2026, 12, 1)),
    )

    figure = await room.total("k05")

    assert (figure.value, figure.numerator, figure.denominator, figure.n) == ("0.6667", 2, 3, 3)
    assert (figure.details["median_days"].value, figure.details["p90_days"].value) == ("5.0", "6")
    assert {one.role for one in await room.counted("k05") if one.event_id in ids("late")} == {"beyond_norm"}
    assert set(await room.split("k05", "municipality")) == {"GM0917"}


async def test_bsn_speed_of_the_first_years_has_the_norm_of_three_days(room: Room) -> None:
    await room.hear(bsn("four days", date(2021, 12, 31), date(2022, 1, 4)), bsn("four days later", date(2022, 1, 1), date(2022, 1, 5)))

    groups = await room.split("k05", "norm_days", type(YEAR)(date(2022, 1, 1), date(2022, 2, 1)))

    assert {group: (figure.value, figure.n) for group, figure in groups.items()} == {"3": ("0.0000", 1), "5": ("1.0000", 1)}


async def test_permit_speed_counts_the_named_purposes_granted_or_not(room: Room) -> None:
    await room.hear(
        permit("on the day", date(2026, 11, 1), date(2026, 11, 15)),
        permit("a day late", date(2026, 11, 1), date(2026, 11, 16), purpose="family"),
        permit("refused", date(2026, 11, 1), date(2026, 11, 2), granted=False),
        permit("study", date(2026, 11, 1), date(2026, 11, 2), purpose="study"),
    )

    figure = await room.total("k06")

    assert (figure.value, figure.numerator, figure.denominator) == ("0.6667", 2, 3)
    assert listed(await room.counted("k06")) == ids("on the day", "a day late", "refused")
    assert (await room.split("k06", "purpose"))["family"].value == "0.0000"


async def test_employers_served_are_distinct_and_recognised_when_a_fast_track_was_accepted(room: Room) -> None:
    await room.hear(
        created("one", organisation="shared-service-centre"),
        created("two", organisation="shared-service-centre"),
        screened("one"),
        created("refused", organisation="lapsed-sponsor"),
        screened("refused", "rejected"),
        created("portal", organisation=None),
        contacted("talk", organisation="university"),
    )

    figure = await room.total("k08", YEAR)

    assert (figure.value, figure.n) == ("3", 4)
    assert {name: detail.value for name, detail in figure.details.items()} == {"recognised": "1", "cases": "3", "contacts": "1"}
    assert listed(await room.counted("k08", YEAR)) == ids("created one", "created two", "created refused", "talk")


NEXT_YEAR = type(YEAR)(date(2027, 1, 1), date(2028, 1, 1))


async def test_employers_of_a_later_year_are_recognised_by_what_the_register_said_on_the_date_of_a_case(room: Room) -> None:
    when = at(12).replace(year=2027)
    await room.hear(
        created("one", organisation="shared-service-centre", when=when, case_type="biometrics"),
        screened("one", "information_requested", sponsor="not_recognised", when=when),
        screened("one", "accepted", sponsor="recognised", when=when, sequence=2),
        created("two", organisation="lapsed-sponsor", when=when),
        screened("two", "accepted", sponsor="not_recognised", when=when),
        created("three", organisation="university", when=when),
        contacted("talk", organisation="university", when=when),
    )

    figure = await room.total("k08", NEXT_YEAR)

    assert room.figures.definition("k08", NEXT_YEAR.first).version == "v2"
    assert (figure.value, figure.n) == ("3", 4)
    assert {name: detail.value for name, detail in figure.details.items()} == {"recognised": "1", "cases": "3", "contacts": "1"}
    groups = await room.split("k08", "sponsor_status", NEXT_YEAR)
    assert {group: one.value for group, one in groups.items()} == {"recognised": "1", "not_recognised": "1", "unknown": "1"}
    [one] = [one for one in await room.counted("k08", NEXT_YEAR) if one.event_id in ids("created one")]
    assert set(one.evidence) == ids("screened one 2")


async def test_order_and_repetition_change_nothing_about_whom_the_register_knew(room: Room) -> None:
    when = at(12).replace(year=2027)
    told = [
        created("one", organisation="shared-service-centre", when=when),
        screened("one", "information_requested", sponsor="recognised", when=when),
        screened("one", "accepted", sponsor="not_recognised", when=when, sequence=2),
    ]

    await room.hear(*reversed(told), *told)

    assert (await room.total("k08", NEXT_YEAR)).details["recognised"].value == "0"


async def test_cross_border_people_are_counted_once_over_both_points_and_anonymous_ones_apart(room: Room) -> None:
    await room.hear(
        contacted("first", service="gip_maastricht", client="somebody"),
        contacted("second", service="gip_aachen_eurode", client="somebody"),
        contacted("third", service="gip_aachen_eurode", client="somebody else"),
        contacted("nameless", service="gip_maastricht"),
        contacted("other desk", service="ecmr", client="a third"),
    )

    figure = await room.total("k09", YEAR)

    assert (figure.value, figure.n) == ("2", 4)
    assert {name: detail.value for name, detail in figure.details.items()} == {"contacts": "4", "anonymous": "1"}
    assert {group: one.value for group, one in (await room.split("k09", "service", YEAR)).items()} == {
        "gip_maastricht": "1",
        "gip_aachen_eurode": "2",
    }
    assert listed(await room.counted("k09", YEAR, "service", "gip_maastricht")) == ids("first", "nameless")


@pytest.mark.parametrize(
    ("key", "value"),
    [("k01", "0"), ("k02", "0"), ("k08", "0"), ("k09", "0"), ("k05", None), ("k06", None), ("k07", None), ("k16", None), ("k18", None)],
)
async def test_of_nothing_a_count_is_zero_and_a_share_says_nothing(room: Room, key: str, value: str | None) -> None:
    figure = await room.total(key)

    assert (figure.value, figure.n) == (value, 0)
