"""Days that close, days that open, and those who wait for room."""

from datetime import UTC, date, datetime, timedelta

from common.events.appointment import AppointmentCancelled
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred
from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import AddHours, CancelVisit, CheckIn, CloseDesk, LiftClosure
from scheduling.domain.steps import ClaimSlots, ReleaseSlots, ReplanVisit
from scheduling.domain.visit import Stage

TUESDAY, THURSDAY = date(2026, 11, 3), date(2026, 11, 5)
IND = "mosae_forum.ind"


def close(day=TUESDAY, desk=None):
    return CloseDesk(location="mosae_forum", day=day, desk=desk, reason_code="flood")


async def close_window(scene, *open_days):
    for n in range(62):
        day = date(2026, 11, 2) + timedelta(days=n)
        if day not in open_days:
            await scene.ask(close(day))


async def test_a_closed_location_plans_its_visits_anew_and_tells_that_the_system_did(scene):
    case, visit = await scene.confirmed()

    await scene.ask(close())

    (cancelled,), (confirmed,) = scene.told(VisitCancelled), scene.told(VisitConfirmed)
    assert (cancelled.replanned, cancelled.by, cancelled.reason_code, cancelled.late) == (True, "system", "flood", False)
    assert {one.by for one in scene.told(AppointmentCancelled)} == {"system"}
    assert confirmed.day == THURSDAY
    assert confirmed.revision > cancelled.revision > visit.revision
    assert await scene.holders(TUESDAY) == set()
    assert await scene.holders(THURSDAY) == {visit.id}
    assert (await scene.visit(case)).requested_at == visit.requested_at


async def test_a_closed_desk_moves_only_those_who_count_on_it_and_may_keep_the_day(scene):
    _, first = await scene.confirmed("biometrics")
    other_case, other = await scene.confirmed("brp_first_registration")
    assert first.day == TUESDAY

    await scene.ask(close(desk=first.appointments[0].desk))

    (confirmed,) = scene.told(VisitConfirmed)
    assert confirmed.visit_id == first.id
    assert confirmed.day == TUESDAY
    assert confirmed.items[0].desk_id != first.appointments[0].desk
    assert (await scene.visit(other_case)).revision == other.revision


async def test_a_closed_desk_takes_no_further_claims(scene):
    await scene.ask(close(desk=f"{IND}.1"))
    await scene.ask(close(desk=f"{IND}.2"))
    await scene.ask(close(desk=f"{IND}.3"))

    _, visit = await scene.confirmed("biometrics")

    assert visit.day == THURSDAY


async def test_who_has_come_already_is_helped_although_the_desk_closes(scene):
    case, visit = await scene.confirmed()
    scene.clock.forward(timedelta(days=1))
    await scene.ask(CheckIn(visit_id=visit.id, appointment_id=visit.appointments[0].id, documents_complete=True))

    await scene.ask(close())

    assert scene.told(VisitCancelled) == []
    assert (await scene.visit(case)).stage is Stage.UNDER_WAY


async def test_closing_twice_and_opening_what_is_open_changes_nothing(scene):
    await scene.confirmed()

    await scene.ask(close())
    assert await scene.ask(close()) is None
    assert await scene.ask(LiftClosure(location="mosae_forum", day=THURSDAY, desk=None)) is None

    assert len(scene.told(VisitCancelled)) == 1


async def test_when_a_closure_is_lifted_those_who_waited_longest_come_first(scene):
    await close_window(scene)
    waiting = []
    for _ in range(3):
        waiting.append(scene.case("biometrics"))
        await scene.hear(waiting[-1])
        scene.clock.forward(timedelta(seconds=1))
    assert len(scene.told(VisitDeferred)) == 3

    await scene.ask(LiftClosure(location="mosae_forum", day=THURSDAY, desk=None))

    confirmed = sorted(scene.told(VisitConfirmed), key=lambda one: (one.items[0].starts_at, one.items[0].desk_id))
    assert [one.case_id for one in confirmed] == [case.case_id for case in waiting]
    assert {one.day for one in confirmed} == {THURSDAY}
    assert [(await scene.visit(case)).waiting for case in waiting] == [{}, {}, {}]


async def test_a_cancelled_visit_makes_room_for_the_longest_waiting_that_fits(scene):
    await close_window(scene, THURSDAY)
    for number in (2, 3):
        await scene.ask(close(THURSDAY, f"{IND}.{number}"))
    residents = [scene.case("biometrics", persons=tuple(range(1, 21))) for _ in range(2)]  # 205 minutes: a morning and an afternoon
    await scene.hear(*residents)
    assert [(await scene.visit(case)).stage for case in residents] == [Stage.CONFIRMED, Stage.CONFIRMED]
    waiting = []
    for persons in (range(1, 40), range(1, 3), range(1, 2)):
        waiting.append(scene.case("biometrics", persons=tuple(persons)))
        await scene.hear(waiting[-1])
        scene.clock.forward(timedelta(seconds=1))
    assert [(await scene.visit(case)).stage for case in waiting] == 3 * [Stage.DEFERRED]

    await scene.ask(CancelVisit(visit_id=(await scene.visit(residents[0])).id, by="client", reason_code="ill", rebook=False))

    assert [(await scene.visit(case)).stage for case in waiting] == [Stage.DEFERRED, Stage.CONFIRMED, Stage.CONFIRMED]


async def test_a_visit_that_has_moved_meanwhile_does_not_mind_the_closure_of_its_old_day(scene):
    case, visit = await scene.confirmed()
    (on,) = (on for on in scene.stage._steps.values() if on.message is ReplanVisit)

    await scene.stage.ask(on, ReplanVisit(visit_id=visit.id, location="mosae_forum", day=THURSDAY, reason_code="flood"))

    assert scene.stage.told == []
    assert (await scene.visit(case)).revision == visit.revision


async def test_extra_hours_help_those_who_wait(scene):
    await close_window(scene, date(2026, 11, 7))
    case = scene.case("brp_first_registration")
    await scene.hear(case)

    saturday = AddHours(location="mosae_forum", day=date(2026, 11, 7), desk="mosae_forum.municipality.1", start=600, end=720)
    await scene.ask(saturday)

    (confirmed,) = scene.told(VisitConfirmed)
    assert confirmed.items[0].starts_at == datetime(2026, 11, 7, 9, tzinfo=UTC)
    assert await scene.ask(saturday) is None


async def test_a_claim_on_what_somebody_else_took_meanwhile_is_lost_and_the_next_time_is_taken(scene):
    case = scene.case("biometrics")
    await scene.ports.diary.choose((await scene.confirmed("biometrics"))[1].wish(), scene.clock.now())  # the memory is fresh now
    agenda = await scene.agenda(TUESDAY)
    agenda.taken[case.party_id] = (1, ((f"{IND}.1", 540, 1000), (f"{IND}.2", 540, 1000), (f"{IND}.3", 540, 720)))
    agenda.version += 1
    assert await scene.store.save(agenda, [])

    await scene.hear(case)

    visit = await scene.visit(case)
    assert visit.stage is Stage.CONFIRMED
    assert visit.slot(visit.appointments[0]) == (f"{IND}.3", 720, 735)
    assert visit.revision == 2  # the lost race was a plan of its own


async def test_stale_steps_change_nothing(scene):
    case, visit = await scene.confirmed()
    agenda = await scene.agenda(TUESDAY)
    slot = visit.slot(visit.appointments[0])

    assert Agenda.of("mosae_forum", TUESDAY).reopen(None) is None
    assert agenda.holds(visit.id, visit.revision)
    assert not agenda.holds(visit.id, visit.revision + 1)
    assert agenda.can_give(visit.id, (slot,))
    assert not agenda.can_give(case.case_id, (slot,))


async def test_only_what_a_visit_holds_can_be_given_back(scene):
    _, visit = await scene.confirmed("biometrics")
    agenda = await scene.agenda(TUESDAY)
    foreign = ReleaseSlots(visit_id=visit.id, revision=visit.revision, agenda_id=agenda.id, slots=((f"{IND}.3", 0, 5),))
    earlier = ReleaseSlots(visit_id=visit.id, revision=visit.revision - 1, agenda_id=agenda.id)

    assert agenda.release(foreign) is None
    assert agenda.release(earlier) is None
    assert visit.id in agenda.taken


async def test_an_old_claim_does_not_take_the_place_of_a_newer_one(scene):
    _, visit = await scene.confirmed("biometrics")
    agenda = await scene.agenda(TUESDAY)
    held = agenda.taken[visit.id]
    step = ClaimSlots(
        visit_id=visit.id, revision=held[0] - 1, agenda_id=agenda.id, location="mosae_forum", day=TUESDAY, slots=((f"{IND}.3", 900, 915),)
    )

    agenda.claim(step)

    assert agenda.taken[visit.id] == held


async def test_room_that_came_while_a_visit_was_about_to_wait_is_found_a_minute_later(scene):
    await close_window(scene)
    case = scene.case("biometrics")
    await scene.hear(case)
    agenda = await scene.agenda(TUESDAY)  # its offer has found nobody: the visit did not wait yet
    agenda.closed.clear()
    agenda.version += 1
    await scene.store.save(agenda, [])

    await scene.wait(timedelta(seconds=61))

    assert (await scene.visit(case)).day == TUESDAY


async def test_who_has_looked_twice_waits_as_long_as_was_told(scene):
    await close_window(scene)
    case = scene.case("biometrics")
    await scene.hear(case)
    await scene.wait(timedelta(minutes=2))

    visit = await scene.visit(case)

    assert visit.waiting["RetryVisit"].due >= scene.told(VisitDeferred)[0].retry_at
    assert len(scene.told(VisitDeferred)) == 1
