"""The planner: rules that hold for every household, every day and every state of the agendas."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scheduling.conftest import ORGANISATIONS, at_midnight, diary_over, small_town, wish_of

from common.ids import derived
from scheduling.domain.agenda import Agenda
from scheduling.domain.catalogue import WEEKDAYS
from scheduling.domain.plan import Plan
from scheduling.planner import Errand, shortest_stay, starts

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PRODUCTS = ("brp_first_registration", "settling_consultation", "document_collection", "biometrics", "return_visa")
wishes = st.lists(
    st.lists(st.tuples(st.sampled_from(PRODUCTS), st.sets(st.integers(1, 5), min_size=1)), min_size=1, max_size=4), min_size=1, max_size=12
)
moments = st.integers(0, 212 * 24 * 60).map(lambda minutes: datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minutes))
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_plan(region, wish, plan, now):
    desks = {desk.id: desk for desk in region.desks}
    ranks = {row.id: row.rank for row in region.products}
    buffers = {row.id: row.buffer_minutes for row in region.products}
    assert {f.formality_id for f in wish.formalities} == {one for a in plan.appointments for one in a.formalities}, "all or nothing"
    assert {(f.product, p) for f in wish.formalities for p in f.persons} <= {
        (c, p) for a in plan.appointments for c in a.products for p in a.persons
    }
    assert plan.appointments[0].starts_at >= now + timedelta(minutes=120)
    for a, b in pairwise(plan.appointments):
        assert b.starts_at - a.ends_at >= timedelta(minutes=max(buffers[code] for code in a.products)), "nobody at two desks at once"
        assert max(ranks[code] for code in a.products) <= min(ranks[code] for code in b.products)
    for one, (desk, start, end) in zip(plan.appointments, plan.slots, strict=True):
        assert (at_midnight(plan.day) + timedelta(minutes=start), at_midnight(plan.day) + timedelta(minutes=end)) == (
            one.starts_at,
            one.ends_at,
        )
        row, local, until = desks[desk], one.starts_at.astimezone(AMSTERDAM), one.ends_at.astimezone(AMSTERDAM)
        assert local.date() == plan.day
        assert set(one.products) <= set(row.products)
        assert row.location == plan.location
        assert any(opens <= local.time() and until.time() <= closes for opens, closes in row.windows(plan.day)), "inside opening hours"
        assert not any(c.closes(region.location(row.location, plan.day), desk, plan.day) for c in region.closures), "never on closed days"
        assert row.organisation != "ind" or WEEKDAYS[plan.day.weekday()] in {"tue", "thu", "fri"}


@quick
@given(wishes, moments)
async def test_every_plan_keeps_every_rule_and_no_desk_is_given_twice(region, households, now):
    diary, given_slots = diary_over(region), []

    for number, parts in enumerate(households):
        wish = wish_of(number, parts, now)
        plan = await diary.choose(wish, now)
        assert isinstance(plan, Plan)
        check_plan(region, wish, plan, now)
        given_slots += [(plan.day, *slot) for slot in plan.slots]

    for n, (day, desk, start, end) in enumerate(given_slots):
        assert not any(day == d and desk == k and start < e and s < end for d, k, s, e in given_slots[:n])


@quick
@given(wishes, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(500, 980), st.integers(5, 300)), max_size=40))
async def test_plans_avoid_what_the_agendas_hold(region, households, busy):
    now, desks, agendas = datetime(2026, 11, 2, 6, tzinfo=UTC), [desk.id for desk in region.desks if desk.location == "mosae_forum"], {}
    for number, (ahead, desk, start, length) in enumerate(busy):
        day = date(2026, 11, 2) + timedelta(days=ahead)
        agenda = agendas.setdefault(day, Agenda.of("mosae_forum", day))
        agenda.version = 1
        agenda.taken[derived("other", number)] = (1, ((desks[desk], start, start + length),))
    diary = diary_over(region, list(agendas.values()))

    for number, parts in enumerate(households):
        plan = await diary.choose(wish_of(number, parts, now), now)
        assert isinstance(plan, Plan)
        held = [slot for _, slots in agendas.get(plan.day, Agenda.of("mosae_forum", plan.day)).taken.values() for slot in slots]
        assert not any(desk == other and start < until and since < end for desk, start, end in plan.slots for other, since, until in held)


bits = st.integers(0, 2**24 - 1)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(bits, st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=3))
def test_no_other_choice_of_starts_makes_a_shorter_stay_or_an_earlier_one_as_short(parts):
    errands = [Errand(*part) for part in parts]
    possible = [[n for n in range(24) if errand.starts >> n & 1] for errand in errands]
    fitting = [
        begins
        for begins in product(*possible)
        if all(begins[n] + errands[n].length + errands[n].gap <= begins[n + 1] for n in range(len(begins) - 1))
    ]

    found = shortest_stay(errands)

    if not fitting:
        assert found is None
    else:
        best = min((begins[-1] - begins[0], begins[0]) for begins in fitting)
        assert (found[-1] - found[0], found[0]) == best
        assert found in fitting


@given(bits, st.integers(1, 9))
def test_a_start_has_all_of_its_length_free(free, length):
    expected = sum(1 << n for n in range(24) if all(free >> (n + k) & 1 for k in range(length)))

    assert starts(free, length) == expected


async def test_the_same_wishes_make_the_same_plans(region):
    now = datetime(2026, 11, 2, 6, tzinfo=UTC)

    async def plans():
        diary = diary_over(region)
        return [await diary.choose(wish_of(n, [(code, {1, 2}) for code in PRODUCTS[: 1 + n % 5]], now), now) for n in range(40)]

    assert await plans() == await plans()


async def test_the_earliest_day_wins_over_a_shorter_stay(region):
    now, monday = datetime(2026, 11, 2, 6, tzinfo=UTC), Agenda.of("mosae_forum", date(2026, 11, 2))
    monday.version = 1
    monday.taken[derived("a")] = (1, tuple((f"mosae_forum.ecmr.{n}", 510, 900) for n in (1, 2, 3)))
    monday.taken[derived("b")] = (1, tuple((f"mosae_forum.municipality.{n}", 660, 990) for n in (1, 2, 3, 4)))

    plan = await diary_over(region, [monday]).choose(wish_of(1, [(PRODUCTS[0], {1}), (PRODUCTS[1], {1})], now), now)

    assert plan.day == date(2026, 11, 2)
    assert [slot[1:] for slot in plan.slots] == [(640, 660), (900, 930)]  # as late at the first desk as can be: the shortest stay


async def test_a_day_that_was_full_for_a_late_comer_is_looked_at_again_by_an_early_one(region):
    now = datetime(2026, 11, 3, 6, tzinfo=UTC)
    diary, parts = diary_over(region), [("biometrics", {1})]

    late = await diary.choose(wish_of(1, parts, now, not_before=datetime(2026, 11, 3, 20, tzinfo=UTC)), now)
    early = await diary.choose(wish_of(2, parts, now), now)

    assert (late.day, early.day) == (date(2026, 11, 5), date(2026, 11, 3))


async def test_full_days_are_remembered_until_room_comes(region):
    now = datetime(2026, 11, 2, 6, tzinfo=UTC)
    diary = diary_over(region)
    all_day = [("biometrics", set(range(1, 21)))]  # 205 minutes: two a day at each of three desks
    first = [await diary.choose(wish_of(n, all_day, now), now) for n in range(12)]
    assert [plan.day.day for plan in first] == [3] * 6 + [5] * 6

    diary.forget(derived("visit", 2))
    again = await diary.choose(wish_of(99, all_day, now), now)

    assert (again.day, again.slots) == (first[2].day, first[2].slots)


@quick
@given(st.lists(st.tuples(st.sampled_from(PRODUCTS), st.sets(st.integers(1, 5), min_size=1)), min_size=1, max_size=3), moments)
async def test_the_third_day_is_the_one_that_a_search_day_by_day_finds(region, parts, now):
    wish = wish_of(1, parts, now)
    plan = await diary_over(region).choose(wish, now)
    assert isinstance(plan, Plan)

    later = (plan.day + timedelta(days=n) for n in range(1, 61))
    fitting = [day for day in later if [True for place in region.location_ids if await diary_over(region).choose_on(wish, place, day, now)]]

    assert plan.third_day == (fitting[1] if len(fitting) > 1 else None)


async def test_days_that_are_full_are_no_third_day_and_at_the_end_of_the_window_there_is_none():
    now, region = datetime(2026, 11, 2, 6, tzinfo=UTC), small_town(days=3)
    full = Agenda.of("town", date(2026, 11, 3))
    full.version, full.closed = 1, {"*": "flood"}
    wishes = [wish_of(n, [(ORGANISATIONS[0], {1})], now, not_before=now + timedelta(days=n)) for n in range(4)]

    plans = [await diary_over(region, [full]).choose(wish, now) for wish in wishes]

    assert [(plan.day.day, plan.third_day) for plan in plans] == [(2, date(2026, 11, 5)), (4, None), (4, None), (5, None)]


async def test_the_third_day_is_looked_for_again_when_the_agendas_are_read_again():
    now, agendas = datetime(2026, 11, 2, 6, tzinfo=UTC), []
    diary = diary_over(small_town(days=3), agendas)
    wish = wish_of(1, [(ORGANISATIONS[0], {1})], now)
    before = await diary.choose(wish, now)

    full = Agenda.of("town", date(2026, 11, 4))
    full.version, full.closed = 1, {"*": "flood"}
    agendas.append(full)
    at_once, later = await diary.choose(wish, now + timedelta(seconds=1)), await diary.choose(wish, now + timedelta(seconds=9))

    assert [plan.third_day for plan in (before, at_once, later)] == [date(2026, 11, 4), date(2026, 11, 4), date(2026, 11, 5)]
