"""Days that fit a visit, and visits planned on a day that was chosen with the household."""

from datetime import date, timedelta

import pytest
from tests.scheduling.conftest import EVERYTHING, MONDAY, Scene, small_town
from tests.scheduling.test_api import desk
from tests.scheduling.test_reach import somebody

from common.errors import Conflict, NotFound
from common.events.appointment import AppointmentCancelled
from common.events.visit import VisitCancelled, VisitConfirmed
from common.ids import derived
from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import CancelVisit, PlanVisit
from scheduling.domain.visit import Stage

__all__ = ["desk"]

TUESDAY, WEDNESDAY = date(2026, 11, 3), date(2026, 11, 4)
TOWN = ("registration", "advice", "immigration")


@pytest.fixture
def town():
    return Scene(small_town(days=3), MONDAY - timedelta(hours=3))


async def fill(scene, day):
    agenda = Agenda.of("town", day)
    agenda.taken = {derived("somebody"): (1, tuple((one.id, 0, 1440) for one in scene.region.desks))}
    agenda.version = 1
    await scene.store.save(agenda, [])


async def days_for(scene, visit, limit=10):
    return [(one.location, one.day) for one in await scene.ports.diary.fitting_days(visit.wish(), scene.clock.now(), limit)]


async def test_the_next_fitting_days_leave_out_full_ones_and_end_with_the_booking_window(town):
    await fill(town, TUESDAY)
    _, visit = await town.confirmed(*TOWN)

    assert await days_for(town, visit) == [("town", MONDAY.date()), ("town", WEDNESDAY), ("town", date(2026, 11, 5))]
    assert await days_for(town, visit, 2) == [("town", MONDAY.date()), ("town", WEDNESDAY)]


async def test_a_fitting_day_says_from_when_until_when_and_nothing_is_kept(town):
    _, visit = await town.confirmed(*TOWN)

    twice = [await town.ports.diary.fitting_days(visit.wish(), town.clock.now(), 3) for _ in range(2)]

    assert twice[0] == twice[1]
    assert [(one.ends_at - one.starts_at).seconds // 60 for one in twice[0]] == [60, 60, 60]


async def test_looking_for_days_does_not_make_the_planner_forget_one(town):
    """The planner remembers runs of full days; a search that goes on after a day with room must not lengthen them."""
    await fill(town, MONDAY.date())
    await fill(town, WEDNESDAY)
    case = town.case(*TOWN)
    await town.hear(case)
    visit = await town.visit(case)

    await days_for(town, visit)
    other = town.case(*TOWN)
    await town.hear(other)

    assert (await town.visit(other)).day == TUESDAY


async def test_a_region_that_is_full_or_out_of_reach_has_no_fitting_day(town):
    _, visit = await town.confirmed(*TOWN)
    visit.not_before = town.clock.now() + timedelta(days=9)
    assert await days_for(town, visit) == []
    visit.not_before = town.clock.now()
    for n in range(1, 5):
        await fill(town, MONDAY.date() + timedelta(days=n))
    town.clock.forward(timedelta(days=1))

    assert await days_for(town, visit) == []


async def test_a_confirmed_visit_moves_as_a_whole_to_the_chosen_day(town):
    case, visit = await town.confirmed(*TOWN)

    await town.ask(PlanVisit(visit_id=visit.id, location="town", day=WEDNESDAY))

    moved = await town.visit(case)
    assert (moved.stage, moved.day) == (Stage.CONFIRMED, WEDNESDAY)
    assert await town.holders(MONDAY.date(), "town") == set()
    assert (await town.agenda(WEDNESDAY, "town")).taken == {
        visit.id: (moved.revision, tuple(moved.slot(one) for one in moved.appointments))
    }
    assert [(one.by, one.reason_code) for one in town.told(AppointmentCancelled)] == [("desk", "moved")] * 3
    assert [one.replanned for one in town.told(VisitCancelled)] == [True]
    assert [one.day for one in town.told(VisitConfirmed)] == [WEDNESDAY]


async def test_a_day_without_room_changes_nothing(town):
    await fill(town, WEDNESDAY)
    case, visit = await town.confirmed(*TOWN)

    with pytest.raises(Conflict, match="does not fit"):
        await town.ask(PlanVisit(visit_id=visit.id, location="town", day=WEDNESDAY))

    assert await town.visit(case) == visit
    assert town.stage.told == []


async def test_planning_for_the_day_that_it_has_changes_nothing(town):
    case, visit = await town.confirmed(*TOWN)

    await town.ask(PlanVisit(visit_id=visit.id, location="town", day=visit.day))

    assert await town.visit(case) == visit


async def test_a_day_that_was_freed_a_moment_ago_is_seen(town):
    """The day is read again, whatever the planner believes of it."""
    await fill(town, WEDNESDAY)
    case, visit = await town.confirmed(*TOWN)
    agenda = await town.agenda(WEDNESDAY, "town")
    agenda.taken, agenda.version = {}, 2
    await town.store.save(agenda, [])

    await town.ask(PlanVisit(visit_id=visit.id, location="town", day=WEDNESDAY))

    assert (await town.visit(case)).day == WEDNESDAY


async def test_who_is_cancelled_or_unknown_is_not_planned(town):
    _, visit = await town.confirmed(*TOWN)
    await town.ask(CancelVisit(visit_id=visit.id, by="client", reason_code="ill", rebook=False))

    with pytest.raises(Conflict, match="cancelled"):
        await town.ask(PlanVisit(visit_id=visit.id, location="town", day=WEDNESDAY))
    with pytest.raises(NotFound):
        await town.ask(PlanVisit(visit_id=derived("nobody"), location="town", day=WEDNESDAY))


async def test_a_desk_looks_for_days_and_takes_one(desk):
    visit, _ = await desk.planned(*EVERYTHING)

    days = await desk.get(f"/v1/visits/{visit['visitId']}/fitting-days?limit=4")
    await desk.post(f"/v1/visits/{visit['visitId']}/plan", {"locationId": days[3]["locationId"], "day": days[3]["day"]})

    assert len({one["day"] for one in days}) == 4
    assert days[0]["startsAt"].endswith("Z")
    assert (days[0]["startsAtLocal"][:10], days[0]["timezone"]) == (days[0]["day"], "Europe/Amsterdam")
    moved = await desk.get(f"/v1/visits/{visit['visitId']}")
    assert (moved["stage"], moved["locationId"], moved["day"]) == ("confirmed", days[3]["locationId"], days[3]["day"])
    assert moved["appointments"][0]["startsAt"] == days[3]["startsAt"]


async def test_a_desk_is_refused_what_cannot_be(desk):
    visit, _ = await desk.planned(*EVERYTHING)
    path, day = f"/v1/visits/{visit['visitId']}", "2026-11-10"

    await desk.post(f"{path}/plan", {"locationId": "nowhere", "day": day}, 404)
    await desk.post(f"{path}/plan", {"locationId": "mosae_forum", "day": "2027-10-10"}, 409)
    await desk.post(f"{path}/plan", {"locationId": "mosae_forum"}, 400)
    await desk.get(f"{path}/fitting-days?limit=0", 400)
    async with somebody(desk, {"locations": ["mosae_forum"], "organisations": ["*"]}) as worker:
        await worker.post(f"{path}/plan", {"locationId": "heerlen_town_hall", "day": day}, 404)
        assert {one["locationId"] for one in await worker.get(f"{path}/fitting-days")} == {"mosae_forum"}
    await desk.post(f"{path}/cancel", {"by": "client", "reasonCode": "ill"})
    await desk.get(f"{path}/fitting-days", 409)
