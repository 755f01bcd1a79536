"""What a desk does on the day of a visit."""

from datetime import UTC, datetime, timedelta

import pytest

from common.errors import Conflict, NotFound, Rejected
from common.events.appointment import (
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentStarted,
    FormalityCompleted,
)
from common.ids import derived
from scheduling.domain.appointment import State
from scheduling.domain.commands import CallToDesk, CheckIn, CompleteAppointment, RecordNoShow, StartAppointment
from scheduling.domain.visit import Stage

QUARTER = timedelta(minutes=15)


def of(visit, number=0):
    return {"visit_id": visit.id, "appointment_id": visit.appointments[number].id}


async def help_at(scene, visit, number, outcome="settled"):
    await scene.ask(CheckIn(**of(visit, number), documents_complete=True))
    await scene.ask(StartAppointment(**of(visit, number)))
    await scene.ask(CompleteAppointment(**of(visit, number), outcome=outcome, follow_up_needed=outcome != "settled"))


def go_to(scene, moment):
    scene.clock.forward(moment - scene.clock.now())


async def test_check_in_call_start_and_complete_are_told_with_what_reporting_counts(scene):
    case, visit = await scene.confirmed(persons=(1, 2))
    start = visit.appointments[0].starts_at

    go_to(scene, start - QUARTER)
    await scene.ask(CheckIn(**of(visit), documents_complete=False))
    go_to(scene, start + timedelta(minutes=4))
    await scene.ask(CallToDesk(**of(visit)))
    go_to(scene, start + timedelta(minutes=5))
    await scene.ask(StartAppointment(**of(visit)))
    go_to(scene, start + timedelta(minutes=25))
    await scene.ask(CompleteAppointment(**of(visit), outcome="settled", follow_up_needed=False))

    (came,), (began,), (ended,) = scene.told(AppointmentCheckedIn), scene.told(AppointmentStarted), scene.told(AppointmentCompleted)
    assert came.documents_complete is False
    assert began.wait_seconds == 4 * 60  # from the agreed time, which is later than check-in, until called
    assert (ended.outcome, ended.duration_seconds, ended.follow_up_needed) == ("settled", 20 * 60, False)
    (settled,) = scene.told(FormalityCompleted)
    assert (settled.product, settled.persons, settled.same_day_as_plan) == ("brp_first_registration", (1, 2), True)
    assert settled.formality_id == case.formalities[0].formality_id
    assert (await scene.visit(case)).stage is Stage.UNDER_WAY


async def test_a_visit_is_completed_with_its_last_appointment(scene):
    case, visit = await scene.confirmed()
    go_to(scene, visit.appointments[0].starts_at)

    for number in range(3):
        await help_at(scene, visit, number)

    assert (await scene.visit(case)).stage is Stage.COMPLETED
    assert len(scene.told(FormalityCompleted)) == 3


async def test_what_does_not_settle_completes_the_appointment_but_no_formality(scene):
    case, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].starts_at)

    await help_at(scene, visit, 0, "documents_missing")

    assert scene.told(AppointmentCompleted)[0].follow_up_needed
    assert scene.told(FormalityCompleted) == []
    assert (await scene.visit(case)).stage is Stage.COMPLETED


async def test_an_outcome_that_the_region_does_not_know_is_refused(scene):
    _, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].starts_at)

    with pytest.raises(Rejected, match="settled"):
        await help_at(scene, visit, 0, "whatever")


async def test_doing_it_twice_does_it_once(scene):
    _, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].starts_at)

    await scene.ask(CheckIn(**of(visit), documents_complete=True))
    again = await scene.ask(CheckIn(**of(visit), documents_complete=True))

    assert again is None
    assert len(scene.told(AppointmentCheckedIn)) == 1


@pytest.mark.parametrize("command", [CallToDesk, StartAppointment])
async def test_nobody_is_called_or_served_who_has_not_come(scene, command):
    _, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].starts_at)

    with pytest.raises(Conflict, match="booked"):
        await scene.ask(command(**of(visit)))


async def test_nobody_checks_in_before_the_day(scene):
    _, visit = await scene.confirmed("biometrics")

    with pytest.raises(Conflict, match="later day"):
        await scene.ask(CheckIn(**of(visit), documents_complete=True))
    go_to(scene, datetime(2026, 11, 2, 23, 0, tzinfo=UTC))  # midnight in Maastricht
    await scene.ask(CheckIn(**of(visit), documents_complete=True))

    assert len(scene.told(AppointmentCheckedIn)) == 1


async def test_a_no_show_is_recorded_by_a_person_and_only_when_the_time_is_over(scene):
    case, visit = await scene.confirmed("biometrics")
    ends = visit.appointments[0].ends_at

    go_to(scene, ends - timedelta(minutes=1))
    with pytest.raises(Conflict, match="pending"):
        await scene.ask(RecordNoShow(**of(visit), recorded_by="desk-7"))
    go_to(scene, ends)
    await scene.ask(RecordNoShow(**of(visit), recorded_by="desk-7"))

    (missed,) = scene.told(AppointmentNoShow)
    assert (missed.recorded_by, missed.policy_version) == ("desk-7", "no-show-2020-1")
    assert (await scene.visit(case)).stage is Stage.MISSED


async def test_time_alone_never_makes_a_no_show(scene):
    case, _ = await scene.confirmed()

    await scene.wait(timedelta(days=30))

    assert scene.stage.told == []
    assert {one.state for one in (await scene.visit(case)).appointments} == {State.BOOKED}


async def test_only_appointments_that_ended_without_check_in_are_outcome_pending(scene):
    case, visit = await scene.confirmed()
    first, second, _ = visit.appointments
    go_to(scene, first.starts_at)
    await scene.ask(CheckIn(**of(visit), documents_complete=True))

    async def pending(moment):
        return [one.id for one in await scene.ports.visits.unattended("mosae_forum", moment, 100, 0)]

    assert await pending(second.ends_at) == []
    assert await pending(second.ends_at + timedelta(seconds=1)) == [visit.id]
    assert (await scene.visit(case)).unattended_since == second.ends_at


async def test_who_came_late_can_still_be_checked_in_and_then_is_no_no_show(scene):
    _, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].ends_at + timedelta(days=1))
    await scene.ask(CheckIn(**of(visit), documents_complete=True))

    with pytest.raises(Conflict):
        await scene.ask(RecordNoShow(**of(visit), recorded_by="desk-7"))
    await scene.ask(StartAppointment(**of(visit)))
    await scene.ask(CompleteAppointment(**of(visit), outcome="settled", follow_up_needed=False))

    assert scene.told(FormalityCompleted)[0].same_day_as_plan is False


async def test_some_helped_and_some_missed_is_partly_completed(scene):
    case, visit = await scene.confirmed("brp_first_registration", "settling_consultation")
    go_to(scene, visit.appointments[0].starts_at)
    await help_at(scene, visit, 0)
    go_to(scene, visit.appointments[1].ends_at)

    await scene.ask(RecordNoShow(**of(visit, 1), recorded_by="desk-7"))

    assert (await scene.visit(case)).stage is Stage.PARTLY_COMPLETED


async def test_an_appointment_or_a_visit_that_is_not_there_is_not_found(scene):
    _, visit = await scene.confirmed("biometrics")
    stranger = derived("stranger")

    with pytest.raises(NotFound, match="visit has no such"):
        await scene.ask(CallToDesk(visit_id=visit.id, appointment_id=stranger))
    with pytest.raises(NotFound, match="no such visit"):
        await scene.ask(CallToDesk(visit_id=stranger, appointment_id=stranger))


async def test_a_no_show_that_is_recorded_twice_is_told_once(scene):
    _, visit = await scene.confirmed("biometrics")
    go_to(scene, visit.appointments[0].ends_at)

    await scene.ask(RecordNoShow(**of(visit), recorded_by="desk-7"))
    await scene.ask(RecordNoShow(**of(visit), recorded_by="desk-8"))

    assert [told.recorded_by for told in scene.told(AppointmentNoShow)] == ["desk-7"]
