"""The same facts give the same digits: in any order, with repetitions, in several replicas; and periods are days of the region."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_room import NOVEMBER, READ_CATALOGUE, YEAR, Room, listed
from reporting_told import AT, Told, at, bsn, contacted, created, ids, permit, screened
from reporting_visits import attended, booked, called_off, confirmed, failed, missed, requested, sent, settled, suppressed, visit_cancelled

from common.errors import NotFound, Rejected
from reporting.domain import Period
from reporting.store import PAGE

PRODUCTS = ("brp_first_registration", "settling_consultation")


def a_month() -> list[Told]:
    """Some of everything."""
    told: list[Told] = []
    for number in range(6):
        case_name, visit_name, day = f"case {number}", f"visit {number}", 9 + number
        told += [created(case_name, municipality=("GM0935", "GM0917")[number % 2]), screened(case_name)]
        told += [confirmed(visit_name, *PRODUCTS, case_name=case_name, day=date(2026, 11, day))]
        for product in PRODUCTS[: 1 + number % 2]:
            told += [booked(visit_name, product, when=at(day), requested=at(2), case_name=case_name)]
            told += [
                attended(visit_name, product, when=at(day), case_name=case_name),
                settled(visit_name, product, when=at(day), case_name=case_name),
            ]
        told += [bsn(f"bsn {number}", date(2026, 11, 2), date(2026, 11, 3 + number), case_name=case_name)]
        told += [permit(f"permit {number}", date(2026, 11, 1), date(2026, 11, 12 + number))]
        told += [requested(f"message {number}", case_name=case_name), sent(f"message {number}", case_name=case_name)]
        told += [contacted(f"contact {number}", service=("ecmr", "gip_maastricht")[number % 2], client=f"client {number % 3}")]
    told += [
        missed("visit 0", PRODUCTS[1], when=at(9)),
        called_off("visit 2", PRODUCTS[1], late=True),
        visit_cancelled("visit 4", case_name="case 4"),
    ]
    return [*told, requested("m"), failed("m"), requested("n"), suppressed("n")]


async def everything(room: Room) -> dict[str, Any]:
    """Each figure and each list of events, whole and in two splits."""
    found: dict[str, Any] = {}
    for definition in READ_CATALOGUE.current(date(2026, 11, 1)):
        found[definition.key] = [await room.figures.total(definition, YEAR), await room.counted(definition.key, YEAR)]
        for by in definition.groups[:2]:
            found[f"{definition.key} by {by}"] = await room.figures.split(definition, YEAR, by)
    return found


EXPECTED: dict[str, str] = {}


async def expected() -> str:
    if not EXPECTED:
        async with Room() as room:
            await room.hear(*a_month())
            EXPECTED["in order"] = repr(await everything(room))
    return EXPECTED["in order"]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_order_and_repetition_of_events_change_no_digit(seed: int) -> None:
    async def play() -> None:
        chance = random.Random(seed)
        told = a_month()
        told += chance.sample(told, len(told) // 3)
        chance.shuffle(told)
        async with Room() as room:
            for one in told:
                room.clock.forward(timedelta(milliseconds=chance.randrange(100)))
                await room.hear(one)
                if chance.random() < 0.01:
                    await room.total("k05")

            assert repr(await everything(room)) == await expected()

    asyncio.run(play())


async def test_groups_together_are_the_whole_wherever_things_fall_into_one_group(room: Room) -> None:
    await room.hear(*a_month())

    for key, by in (
        ("k01", "month"),
        ("k05", "municipality"),
        ("k06", "purpose"),
        ("k07", "location"),
        ("k16", "desk"),
        ("k20", "template"),
    ):
        groups = await room.split(key, by)
        assert sum(figure.n for figure in groups.values()) == (await room.total(key)).n


async def test_the_listed_events_are_those_that_were_counted(room: Room) -> None:
    await room.hear(*a_month())

    for key in ("k01", "k05", "k06", "k07", "k08", "k09", "k16", "k18", "k20"):
        assert len(await room.counted(key)) == (await room.total(key)).n
        for group, figure in (await room.split(key, "month")).items():
            assert len(await room.counted(key, NOVEMBER, "month", group)) == figure.n


async def test_a_fact_that_comes_late_is_in_the_next_answer(room: Room) -> None:
    await room.hear(contacted("first"))
    assert (await room.total("k01")).value == "1"

    room.clock.forward(timedelta(hours=3))
    await room.hear(contacted("second"))
    room.clock.forward(timedelta(hours=-6))
    await room.hear(contacted("recorded by a replica whose clock is behind"))

    assert (await room.total("k01")).value == "3"


async def test_a_second_replica_sees_what_the_first_has_recorded(room: Room) -> None:
    async with Room(store=room.store) as other:
        await room.hear(contacted("first"))
        assert (await other.total("k01")).value == "1"

        await other.hear(contacted("first"), contacted("second"))

        assert (await room.total("k01")).value == (await other.total("k01")).value == "2"


async def test_more_facts_of_one_instant_than_a_page_holds_are_all_read(room: Room) -> None:
    await room.hear(*(contacted(f"contact {number}") for number in range(PAGE + 3)))

    assert (await room.total("k01")).value == str(PAGE + 3)


async def test_questions_at_the_same_time_share_what_was_read(room: Room) -> None:
    await room.hear(*a_month())

    figures = await asyncio.gather(*(room.total("k01") for _ in range(10)))

    assert len({figure.value for figure in figures}) == 1


@pytest.mark.parametrize(
    ("when", "counted"),
    [
        (datetime(2026, 10, 31, 22, 59, tzinfo=UTC), False),  # 23:59 on 31 October, already winter time
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), True),  # midnight on 1 November
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), False),
    ],
)
async def test_a_period_is_made_of_local_days_from_the_first_up_to_the_last(room: Room, when: datetime, *, counted: bool) -> None:
    await room.hear(contacted("contact", when=when))

    assert (await room.total("k01")).n == int(counted)


async def test_local_days_follow_summer_time(room: Room) -> None:
    await room.hear(
        contacted("late in June", when=datetime(2026, 6, 30, 21, 59, tzinfo=UTC)),
        contacted("July", when=datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
    )

    groups = await room.split("k01", "month", YEAR)

    assert {group: figure.value for group, figure in groups.items()} == {"2026-06": "1", "2026-07": "1"}


def test_the_running_period_is_the_calendar_month_or_year() -> None:
    assert Period.running("month", date(2026, 12, 31)) == Period(date(2026, 12, 1), date(2027, 1, 1))
    assert Period.running("month", date(2028, 2, 29)) == Period(date(2028, 2, 1), date(2028, 3, 1))
    assert Period.running("year", date(2028, 2, 29)) == Period(date(2028, 1, 1), date(2029, 1, 1))


async def test_what_says_nothing_of_itself_is_in_the_group_unknown(room: Room) -> None:
    await room.hear(contacted("without a case"))

    assert set(await room.split("k01", "municipality")) == {"unknown"}
    assert listed(await room.counted("k01", NOVEMBER, "municipality", "unknown")) == ids("without a case")


async def test_an_unknown_split_is_refused_with_the_allowed_ones(room: Room) -> None:
    with pytest.raises(Rejected, match="channel, language, organisation, municipality, month, year"):
        await room.split("k01", "day; drop table facts")


async def test_an_unknown_indicator_is_not_found(room: Room) -> None:
    with pytest.raises(NotFound, match="k01, k02"):
        await room.total("k99")


async def test_events_are_paged_by_day_and_id(room: Room) -> None:
    await room.hear(*(contacted(f"contact {number}", when=AT + timedelta(days=number % 3)) for number in range(7)))
    definition = room.figures.definition("k01", NOVEMBER.first)

    pages = [await room.figures.events(definition, NOVEMBER, None, None, limit=3, skip=skip) for skip in (0, 3, 6)]

    assert [total for total, _ in pages] == [7, 7, 7]
    found = [(one.day, one.event_id) for _, page in pages for one in page]
    assert len(set(found)) == 7
    assert found == sorted(found)
