"""From a case that needs a desk to a confirmed visit."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.events.appointment import AppointmentBooked, AppointmentCancelled
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred, VisitProposed
from scheduling.domain.agenda import Agenda
from scheduling.domain.visit import Stage

TUESDAY = date(2026, 11, 3)
EVERYTHING = ("brp_first_registration", "settling_consultation", "document_collection")


async def test_a_household_gets_one_day_at_one_place_for_everything_in_the_order_of_the_desks(scene):
    case = scene.case(*EVERYTHING, persons=(1, 2, 3))

    await scene.hear(case)

    (confirmed,) = scene.told(VisitConfirmed)
    assert (confirmed.location_id, confirmed.day, confirmed.timezone) == ("mosae_forum", TUESDAY, "Europe/Amsterdam")
    assert [item.products for item in confirmed.items] == [(product,) for product in EVERYTHING]
    assert [item.ends_at - item.starts_at for item in confirmed.items] == [timedelta(minutes=n) for n in (40, 30, 20)]
    assert all(b.starts_at - a.ends_at == timedelta(minutes=10) for a, b in zip(confirmed.items, confirmed.items[1:], strict=False))
    assert confirmed.items[0].starts_at == datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    assert confirmed.requested_at == case.occurred_at


async def test_a_visit_is_proposed_before_it_is_confirmed_and_each_appointment_is_told(scene):
    await scene.hear(scene.case(*EVERYTHING))

    (proposed,), (confirmed,), booked = scene.told(VisitProposed), scene.told(VisitConfirmed), scene.told(AppointmentBooked)
    assert [type(event).__name__ for event in scene.stage.told] == ["VisitProposed", "VisitConfirmed", *3 * ["AppointmentBooked"]]
    assert proposed.items == confirmed.items
    assert proposed.day < proposed.third_available_day
    assert [one.appointment_id for one in booked] == [item.appointment_id for item in confirmed.items]
    assert {one.booked_by for one in booked} == {"planner"}


async def test_the_agenda_holds_exactly_what_the_visit_was_promised(scene):
    case = scene.case(*EVERYTHING)

    await scene.hear(case)

    visit, agenda = await scene.visit(case), await scene.agenda(TUESDAY)
    assert agenda.taken == {visit.id: (visit.revision, tuple(visit.slot(one) for one in visit.appointments))}


async def test_formalities_of_one_organisation_are_one_appointment(scene):
    await scene.hear(scene.case("document_collection", "biometrics"))

    (booked,) = scene.told(AppointmentBooked)
    assert booked.products == ("biometrics", "document_collection")
    assert booked.ends_at - booked.starts_at == timedelta(minutes=25)


@pytest.mark.parametrize("changes", [{"route": "answer"}, {"route": "refer"}, {"outcome": "information_requested"}, {"formalities": ()}])
async def test_a_case_that_needs_no_desk_now_gets_no_visit(scene, changes):
    await scene.hear(scene.case("biometrics", **changes))

    assert scene.stage.told == []


async def test_a_case_that_is_accepted_only_later_gets_its_visit_then(scene):
    asked = scene.case("biometrics", outcome="information_requested")

    await scene.hear(asked, asked.model_copy(update={"outcome": "accepted"}))

    assert (await scene.visit(asked)).stage is Stage.CONFIRMED


async def test_the_same_screening_told_again_changes_nothing(scene):
    case, before = await scene.confirmed()

    await scene.hear(case)

    assert scene.stage.told == []
    assert (await scene.visit(case)).revision == before.revision


async def test_a_screening_with_more_formalities_plans_the_visit_anew(scene):
    case, _ = await scene.confirmed("brp_first_registration")
    more = scene.case(*EVERYTHING, case_id=case.case_id)

    await scene.hear(more)

    (cancelled,), (confirmed,) = scene.told(VisitCancelled), scene.told(VisitConfirmed)
    assert (cancelled.replanned, cancelled.by, cancelled.reason_code) == (True, "system", "formalities_changed")
    assert len(confirmed.items) == 3
    assert confirmed.revision > cancelled.revision
    assert await scene.holders(date(2026, 11, 2)) == set()


async def test_a_closed_case_cancels_its_visit_and_gives_its_slots_back(scene):
    case, visit = await scene.confirmed()

    await scene.hear(scene.closed(case))

    (cancelled,) = scene.told(VisitCancelled)
    assert (cancelled.planned, cancelled.replanned, cancelled.by, cancelled.late) == (True, False, "system", False)
    assert cancelled.revision > visit.revision
    assert len(scene.told(AppointmentCancelled)) == 3
    assert await scene.holders(TUESDAY) == set()


async def test_a_case_that_is_heard_to_be_closed_first_is_never_planned(scene):
    case = scene.case(*EVERYTHING)

    await scene.hear(scene.closed(case), case)

    assert scene.stage.told == []
    assert (await scene.visit(case)).stage is Stage.CANCELLED


async def test_a_completed_case_leaves_its_visit_alone(scene):
    case, _ = await scene.confirmed()

    await scene.hear(scene.closed(case, "completed"))

    assert scene.stage.told == []


async def test_a_visit_that_waits_for_a_day_is_cancelled_without_ever_having_been_planned(scene):
    case = scene.case("no_such_product")
    await scene.hear(case)

    await scene.hear(scene.closed(case))
    await scene.wait(timedelta(days=3))

    (cancelled,) = scene.told(VisitCancelled)
    assert not cancelled.planned
    assert len(scene.told(VisitDeferred)) == 1


async def test_what_no_place_does_is_deferred_with_the_reason(scene):
    await scene.hear(scene.case("settling_consultation", "no_such_product"))

    (deferred,) = scene.told(VisitDeferred)
    assert deferred.reason_code == "no_desk_for_products"
    assert deferred.retry_at == scene.clock.now() + timedelta(hours=24)


async def test_a_case_that_starts_after_the_booking_window_waits_until_the_window_reaches_it(scene):
    case = scene.case("biometrics", not_before=datetime(2027, 1, 20, 9, tzinfo=UTC))
    await scene.hear(case)

    (deferred,) = scene.told(VisitDeferred)
    assert deferred.reason_code == "outside_booking_window"
    await scene.wait(timedelta(days=19))

    assert (await scene.visit(case)).stage is Stage.DEFERRED
    await scene.wait(timedelta(days=2))
    assert (await scene.visit(case)).day == date(2027, 1, 21)  # the first opening day of the immigration desks from then on


async def test_a_visit_that_fits_nowhere_is_told_once_and_tries_again_by_the_clock(scene):
    for n in range(61):
        day = date(2026, 11, 2) + timedelta(days=n)
        closed = Agenda.of("mosae_forum", day)
        closed.closed, closed.version = {"*": "flood"}, 1
        await scene.store.save(closed, [])
    case = scene.case("biometrics")

    await scene.hear(case)
    (deferred,) = scene.told(VisitDeferred)
    assert deferred.reason_code == "no_capacity_in_window"
    await scene.wait(timedelta(hours=25))
    assert len(scene.told(VisitDeferred)) == 1
    for _ in range(3):
        await scene.wait(timedelta(hours=25))

    assert (await scene.visit(case)).day == date(2027, 1, 5)  # the next opening day of the immigration desks after the flood


async def test_minimum_notice_and_the_day_itself_are_respected(scene):
    await scene.hear(scene.case("brp_first_registration"))

    (confirmed,) = scene.told(VisitConfirmed)
    assert confirmed.items[0].starts_at == scene.clock.now() + timedelta(minutes=120)


async def test_residents_of_heerlen_may_go_to_either_place_and_get_the_earliest(scene):
    await scene.hear(*(scene.case("brp_first_registration", municipality_code="GM0917") for _ in range(6)))

    places = [confirmed.location_id for confirmed in scene.told(VisitConfirmed)]
    assert set(places) == {"mosae_forum", "heerlen_town_hall"}
    assert len({(c.items[0].desk_id, c.items[0].starts_at) for c in scene.told(VisitConfirmed)}) == 6


async def test_a_household_goes_to_a_desk_that_speaks_its_language(scene):
    await scene.hear(scene.case("brp_first_registration", language="fr"), scene.case("brp_first_registration", language="en"))

    french, english = (confirmed.items[0].desk_id for confirmed in scene.told(VisitConfirmed))
    assert french == "mosae_forum.municipality.4"
    assert english == "mosae_forum.municipality.1"


async def test_other_formalities_may_let_a_visit_fit_that_waited(scene):
    case = scene.case("no_such_product")
    await scene.hear(case)

    await scene.hear(scene.case("biometrics", case_id=case.case_id))

    visit = await scene.visit(case)
    assert (visit.stage, visit.waiting) == (Stage.CONFIRMED, {})
    assert scene.told(VisitCancelled) == []


async def test_a_household_goes_where_everything_is_done_and_not_where_half_of_it_is(scene):
    cases = [scene.case("brp_first_registration", "settling_consultation", municipality_code="GM0917") for _ in range(8)]

    await scene.hear(*cases)

    assert {confirmed.location_id for confirmed in scene.told(VisitConfirmed)} == {"mosae_forum"}
