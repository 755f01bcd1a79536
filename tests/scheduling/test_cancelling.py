"""Visits that will not take place, or not then."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.errors import Conflict, NotFound
from common.events.appointment import AppointmentBooked, AppointmentCancelled
from common.events.visit import VisitCancelled, VisitConfirmed
from common.ids import derived
from scheduling.domain.appointment import State
from scheduling.domain.commands import CancelAppointment, CancelVisit, CheckIn, CloseDesk
from scheduling.domain.steps import ConfirmVisit
from scheduling.domain.visit import Stage

TUESDAY, THURSDAY = date(2026, 11, 3), date(2026, 11, 5)


def cancel(visit, by="client", **more):
    return CancelVisit(visit_id=visit.id, by=by, reason_code="ill", rebook=more.pop("rebook", False), **more)


async def test_a_client_who_cancels_the_day_before_is_late(scene):
    case, visit = await scene.confirmed()

    await scene.ask(cancel(visit))

    (cancelled,) = scene.told(VisitCancelled)
    appointments = scene.told(AppointmentCancelled)
    assert (cancelled.planned, cancelled.late, cancelled.by, cancelled.replanned) == (True, True, "client", False)
    assert cancelled.items == tuple(one.item() for one in visit.appointments)
    assert [(one.notice_working_days, one.late, one.reason_code) for one in appointments] == 3 * [(1, True, "ill")]
    assert (await scene.visit(case)).stage is Stage.CANCELLED
    assert await scene.holders(TUESDAY) == set()


async def test_a_desk_that_cancels_is_never_late(scene):
    _, visit = await scene.confirmed()

    await scene.ask(cancel(visit, by="desk"))

    assert {(one.by, one.late) for one in scene.told(AppointmentCancelled)} == {("desk", False)}


@pytest.mark.parametrize(
    ("asked", "booked_for", "notice", "late"),
    [
        (datetime(2026, 11, 3, 9, tzinfo=UTC), "2026-11-05", 2, False),  # Tuesday for Thursday
        (datetime(2026, 11, 6, 9, tzinfo=UTC), "2026-11-10", 2, False),  # Friday for Tuesday: the weekend does not count
        (datetime(2026, 12, 24, 9, tzinfo=UTC), "2026-12-29", 2, False),  # Christmas and the weekend do not count
        (datetime(2026, 12, 28, 9, tzinfo=UTC), "2026-12-29", 1, True),
    ],
)
async def test_notice_is_counted_in_working_days_of_the_location(scene, asked, booked_for, notice, late):
    scene.clock.forward(asked - timedelta(days=10) - scene.clock.now())
    _, visit = await scene.confirmed("biometrics", not_before=datetime.fromisoformat(f"{booked_for}T00:00:00Z"))
    scene.clock.forward(asked - scene.clock.now())

    await scene.ask(cancel(visit))

    (told,) = scene.told(AppointmentCancelled)
    assert (visit.day.isoformat(), told.notice_working_days, told.late) == (booked_for, notice, late)


async def test_days_closed_at_run_time_are_no_working_days(scene):
    _, visit = await scene.confirmed("biometrics", not_before=datetime(2026, 11, 5, 0, tzinfo=UTC))
    await scene.ask(CloseDesk(location="mosae_forum", day=date(2026, 11, 4), desk=None, reason_code="flood"))
    await scene.ports.diary.look_again("mosae_forum", date(2026, 11, 4))

    await scene.ask(cancel(visit))

    assert scene.told(AppointmentCancelled)[0].notice_working_days == 2  # Tuesday and Thursday


async def test_rebooking_gives_a_later_day_and_a_higher_revision(scene):
    case, visit = await scene.confirmed()

    await scene.ask(cancel(visit, rebook=True))

    (cancelled,), (confirmed,), booked = scene.told(VisitCancelled), scene.told(VisitConfirmed), scene.told(AppointmentBooked)
    assert cancelled.replanned
    assert visit.revision < cancelled.revision < confirmed.revision
    assert confirmed.day == THURSDAY
    assert {one.appointment_id for one in booked}.isdisjoint(one.id for one in visit.appointments)
    assert await scene.holders(TUESDAY) == set()
    assert await scene.holders(THURSDAY) == {visit.id}
    assert (await scene.visit(case)).stage is Stage.CONFIRMED


async def test_rebooking_respects_the_day_that_was_asked_for(scene):
    _, visit = await scene.confirmed()

    await scene.ask(cancel(visit, rebook=True, not_before=date(2026, 11, 16)))

    assert scene.told(VisitConfirmed)[0].day == date(2026, 11, 17)


async def test_cancelling_twice_tells_it_once(scene):
    _, visit = await scene.confirmed()

    await scene.ask(cancel(visit))
    await scene.ask(cancel(visit))

    assert len(scene.told(VisitCancelled)) == 1


async def test_a_visit_that_has_begun_is_not_cancelled_as_a_whole(scene):
    case, visit = await scene.confirmed()
    scene.clock.forward(timedelta(days=1))
    await scene.ask(CheckIn(visit_id=visit.id, appointment_id=visit.appointments[0].id, documents_complete=True))

    with pytest.raises(Conflict, match="have not begun"):
        await scene.ask(cancel(visit))
    await scene.hear(scene.closed(case))

    assert scene.told(VisitCancelled) == []


async def test_one_appointment_can_be_cancelled_and_the_rest_stays(scene):
    case, visit = await scene.confirmed()

    one = visit.appointments[1]
    await scene.ask(CancelAppointment(visit_id=visit.id, appointment_id=one.id, by="client", reason_code="no_interest"))
    await scene.ask(CancelAppointment(visit_id=visit.id, appointment_id=one.id, by="client", reason_code="no_interest"))

    assert [told.appointment_id for told in scene.told(AppointmentCancelled)] == [one.id]
    assert scene.told(VisitCancelled) == []
    agenda, after = await scene.agenda(TUESDAY), await scene.visit(case)
    assert [slot[0] for slot in agenda.taken[visit.id][1]] == [visit.appointments[0].desk, visit.appointments[2].desk]
    assert [a.state for a in after.appointments] == [State.BOOKED, State.CANCELLED, State.BOOKED]


async def test_with_its_last_appointment_the_visit_is_cancelled(scene):
    case, visit = await scene.confirmed("brp_first_registration", "settling_consultation")

    for one in visit.appointments:
        await scene.ask(CancelAppointment(visit_id=visit.id, appointment_id=one.id, by="client", reason_code="moved_away"))

    (cancelled,) = scene.told(VisitCancelled)
    assert cancelled.planned
    assert (await scene.visit(case)).stage is Stage.CANCELLED
    assert await scene.holders(visit.day) == set()


async def test_a_visit_that_is_not_there_cannot_be_cancelled(scene):
    with pytest.raises(NotFound):
        await scene.ask(CancelVisit(visit_id=derived("stranger"), by="client", reason_code="ill", rebook=False))


async def test_a_confirmation_that_comes_after_the_cancellation_gives_the_claim_back(scene):
    case, visit = await scene.confirmed()
    agenda = await scene.agenda(TUESDAY)
    held = agenda.taken[visit.id]
    await scene.ask(cancel(visit))
    agenda = await scene.agenda(TUESDAY)
    agenda.taken[visit.id] = held  # as though the agenda had heard of the claim only now
    agenda.version += 1
    await scene.store.save(agenda, [])
    (on,) = (on for on in scene.stage._steps.values() if on.message is ConfirmVisit)

    await scene.stage.ask(on, ConfirmVisit(visit_id=visit.id, revision=held[0], agenda_id=agenda.id))

    assert await scene.holders(TUESDAY) == set()
    assert (await scene.visit(case)).stage is Stage.CANCELLED


async def test_a_visit_that_waits_can_be_asked_to_wait_for_later_days(scene):
    case = scene.case("no_such_product")
    await scene.hear(case)
    visit = await scene.visit(case)

    await scene.ask(cancel(visit, rebook=True))
    await scene.ask(cancel(visit, rebook=True, not_before=date(2026, 11, 16)))

    after = await scene.visit(case)
    assert after.stage is Stage.DEFERRED
    assert after.not_before == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert {told.planned for told in scene.told(VisitCancelled)} == {False}
