"""Hours are local: also on the days on which the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from tests.scheduling.conftest import at_midnight, diary_over, wish_of

from scheduling.domain.catalogue import WEEKDAYS, Desk, Location, Policies, Policy, Product
from scheduling.domain.plan import NoPlan
from scheduling.region import Region

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STAMP = Product(
    id="stamp",
    organisation="port",
    rank=1,
    first_person_minutes=30,
    extra_person_minutes=0,
    buffer_minutes=0,
    valid_from=date(2020, 1, 1),
)
POLICY = Policy(
    version="1",
    valid_from=date(2020, 1, 1),
    booking_window_days=1,
    minimum_notice_minutes=0,
    late_cancel_working_days=1,
    no_show_policy="1",
    retry_hours=1,
    outcomes={},
)


def night_desk(location="port"):
    hours = dict.fromkeys(WEEKDAYS, ("00:30-05:00",))
    return Region(
        locations=(Location(id=location, name="Port", address="-", country="NL", municipalities=("GM0935",), valid_from=date(2020, 1, 1)),),
        desks=(
            Desk(
                id=f"{location}.1",
                location=location,
                organisation="port",
                products=("stamp",),
                languages=("nl",),
                hours=hours,
                valid_from=date(2020, 1, 1),
            ),
        ),
        products=(STAMP,),
        closures=(),
        policies=Policies(
            timezone="Europe/Amsterdam",
            slot_grid_minutes=5,
            policies=(POLICY,),
        ),
    )


async def fill_night(day):
    region, plans, number = night_desk(), [], 0
    diary, now = diary_over(region), at_midnight(day)
    while True:
        number += 1
        plan = await diary.choose(wish_of(number, [("stamp", {1})], now), now)
        if isinstance(plan, NoPlan) or plan.day != day:
            return plans
        plans.append(plan.appointments[0])


async def test_a_desk_open_through_the_night_loses_an_hour_in_spring_and_gains_one_in_autumn():
    ordinary, spring, autumn = [await fill_night(day) for day in (date(2027, 3, 27), date(2027, 3, 28), date(2026, 10, 25))]

    assert [len(night) for night in (ordinary, spring, autumn)] == [9, 7, 11]
    for night in (ordinary, spring, autumn):
        assert all(a.ends_at <= b.starts_at for a, b in pairwise(night))
        assert all(one.ends_at - one.starts_at == timedelta(minutes=30) for one in night)
        assert {
            one.starts_at.astimezone(AMSTERDAM).time() >= time(0, 30) and one.ends_at.astimezone(AMSTERDAM).time() <= time(5)
            for one in night
        } == {True}


@pytest.mark.parametrize(
    "opens",
    [
        datetime(2026, 10, 23, 6, 30, tzinfo=UTC),  # the clock goes back on the 25th
        datetime(2026, 10, 26, 7, 30, tzinfo=UTC),
        datetime(2027, 3, 26, 7, 30, tzinfo=UTC),  # and forward on the 28th; the 29th is Easter Monday
        datetime(2027, 3, 30, 6, 30, tzinfo=UTC),
    ],
)
async def test_office_hours_are_local_on_both_sides_of_a_change_of_the_clock(region, opens):
    now, midnight = opens - timedelta(days=5), opens - timedelta(hours=8, minutes=30)

    plan = await diary_over(region).choose(wish_of(1, [("brp_first_registration", {1})], now, not_before=midnight), now)

    assert plan.appointments[0].starts_at == opens
