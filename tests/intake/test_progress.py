"""What intake hears of visits: topics may overtake each other, so every order is tried."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from common.events.appointment import AppointmentCancelled, AppointmentCheckedIn, AppointmentNoShow, AppointmentStarted, FormalityCompleted
from common.events.case import CaseClosed, CaseScreened, CaseStatusChanged
from common.events.visit import VisitCancelled, VisitConfirmed, VisitItem
from intake.domain.messages import RecordPermitDecision, WithdrawCase

from .bench import NOW, person

VISIT, PARTY = uuid4(), uuid4()
FIRST, SECOND, AGAIN = uuid4(), uuid4(), uuid4()
AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def item(appointment: UUID) -> VisitItem:
    return VisitItem(
        appointment_id=appointment, products=("biometrics",), desk_id="d.1", starts_at=AT, ends_at=AT + timedelta(minutes=20), persons=(1,)
    )


def confirmed(case_id: UUID, revision: int, *appointments: UUID) -> VisitConfirmed:
    return VisitConfirmed(
        occurred_at=NOW, case_id=case_id, visit_id=VISIT, party_id=PARTY, language="en", revision=revision, location_id="l", day=AT.date(),
        timezone="Europe/Amsterdam", items=tuple(map(item, appointments)), requested_at=NOW,
    )  # fmt: skip


def cancelled(case_id: UUID, revision: int, *appointments: UUID, replanned: bool = False) -> VisitCancelled:
    return VisitCancelled(
        occurred_at=NOW, case_id=case_id, visit_id=VISIT, party_id=PARTY, language="en", revision=revision, items=tuple(map(item,
        appointments)),
        planned=True, by="client", reason_code="client_request", late=False, replanned=replanned,
    )  # fmt: skip


def at_desk(kind, case_id: UUID, appointment: UUID, **more):
    return kind(
        occurred_at=AT, case_id=case_id, appointment_id=appointment, visit_id=VISIT, location_id="l", desk_id="d.1",
        products=("biometrics",), starts_at=AT,
        ends_at=AT + timedelta(minutes=20), persons=(1,), **more,
    )  # fmt: skip


def arrived(case_id: UUID, appointment: UUID) -> AppointmentCheckedIn:
    return at_desk(AppointmentCheckedIn, case_id, appointment, documents_complete=True)


def completed(case_id: UUID, formality_id: UUID, product: str = "biometrics") -> FormalityCompleted:
    return FormalityCompleted(
        occurred_at=AT,
        case_id=case_id,
        formality_id=formality_id,
        product=product,
        visit_id=VISIT,
        persons=(1,),
        completed_at=AT,
        outcome="settled",
        same_day_as_plan=True,
    )


def settled(scene, case_id: UUID) -> list[FormalityCompleted]:
    return [
        completed(case_id, formality.formality_id, formality.product) for formality in scene.stage.heard_of(CaseScreened)[-1].formalities
    ]


@pytest.fixture
async def case_id(scene, submit) -> UUID:
    command = submit()
    await scene.ask(command)
    return command.id


async def status(scene, case_id: UUID) -> str:
    return (await scene.case(case_id)).status


async def test_a_confirmed_visit_makes_a_case_planned_and_arrival_brings_it_into_progress(scene, case_id):
    await scene.stage.hear(confirmed(case_id, 1, FIRST))
    assert await status(scene, case_id) == "planned"

    await scene.stage.hear(arrived(case_id, FIRST))

    assert scene.statuses()[-3:] == ["accepted", "planned", "in_progress"]


async def test_started_without_check_in_counts_as_arrival(scene, case_id):
    await scene.stage.hear(confirmed(case_id, 1, FIRST), at_desk(AppointmentStarted, case_id, FIRST, wait_seconds=10))

    assert await status(scene, case_id) == "in_progress"


@pytest.mark.parametrize("order", list(permutations(range(5))))
async def test_in_whatever_order_the_topics_of_a_visit_come_the_case_is_completed_once(scene, case_id, order):
    events = [confirmed(case_id, 1, FIRST, SECOND), arrived(case_id, FIRST), *settled(scene, case_id)]

    await scene.stage.hear(*(events[place] for place in order))

    assert [closed.result for closed in scene.stage.heard_of(CaseClosed)] == ["completed"]
    assert scene.statuses() == ["screening", "accepted", "planned", "in_progress", "completed"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_in_whatever_order_a_plan_its_cancellation_and_the_next_plan_come_the_last_plan_stands(scene, case_id, order):
    events = [confirmed(case_id, 1, FIRST), cancelled(case_id, 2, FIRST), confirmed(case_id, 3, AGAIN), arrived(case_id, FIRST)]

    await scene.stage.hear(*(events[place] for place in order))

    assert await status(scene, case_id) == "planned"


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_whatever_order_a_cancelled_visit_is_heard_of_the_case_waits_for_another(scene, case_id, order):
    events = [confirmed(case_id, 1, FIRST), arrived(case_id, FIRST), cancelled(case_id, 2, FIRST)]

    await scene.stage.hear(*(events[place] for place in order))

    assert await status(scene, case_id) == "accepted"


async def test_a_cancellation_may_carry_the_revision_of_the_plan_it_cancels(scene, case_id):
    await scene.stage.hear(cancelled(case_id, 1, FIRST), confirmed(case_id, 1, FIRST))

    assert await status(scene, case_id) == "accepted"


async def test_a_cancelled_visit_says_why_the_case_went_back(scene, case_id):
    await scene.stage.hear(confirmed(case_id, 1, FIRST), cancelled(case_id, 2, FIRST))

    back = scene.stage.heard_of(CaseStatusChanged)[-1]
    assert (back.from_status, back.to_status, back.reason_code) == ("planned", "accepted", "client_request")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_no_show_leaves_the_case_without_a_visit(scene, case_id, order):
    missed = at_desk(AppointmentNoShow, case_id, FIRST, recorded_by="desk", policy_version="p.1")
    events = [confirmed(case_id, 1, FIRST), missed]

    await scene.stage.hear(*(events[place] for place in order))

    assert await status(scene, case_id) == "accepted"


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_with_its_last_appointment_cancelled_a_case_waits_for_another_visit(scene, case_id, order):
    off = [
        at_desk(AppointmentCancelled, case_id, appointment, by="desk", reason_code="desk_closed", notice_working_days=1, late=True)
        for appointment in (FIRST, SECOND)
    ]
    events = [confirmed(case_id, 1, FIRST, SECOND), *off]

    await scene.stage.hear(*(events[place] for place in order))

    assert await status(scene, case_id) == "accepted"


async def test_some_formalities_settled_is_in_progress(scene, case_id):
    await scene.stage.hear(confirmed(case_id, 1, FIRST), settled(scene, case_id)[0])

    assert await status(scene, case_id) == "in_progress"


async def test_what_is_heard_after_the_end_changes_nothing(scene, case_id):
    await scene.ask(WithdrawCase(case_id=case_id, reason_code="client_request"))
    told = len(scene.stage.told)

    await scene.stage.hear(confirmed(case_id, 1, FIRST), arrived(case_id, FIRST), *settled(scene, case_id), cancelled(case_id, 2, FIRST))

    assert len(scene.stage.told) == told


async def test_events_of_a_case_that_is_not_here_are_passed_over(scene):
    unknown = uuid4()

    await scene.stage.hear(confirmed(unknown, 1, FIRST), cancelled(unknown, 2), arrived(unknown, FIRST), completed(unknown, uuid4()))
    await scene.stage.hear(at_desk(AppointmentNoShow, unknown, FIRST, recorded_by="desk", policy_version="p.1"))

    assert scene.stage.told == []


BIOMETRICS = {
    "caseType": "biometrics",
    "persons": [person(documents=("passport", "acknowledgement_letter")), person(2, documents=("passport", "acknowledgement_letter"))],
    "formalities": [{"product": "biometrics", "persons": [1, 2]}],
}


def decision(case_id: UUID, number: int, granted: bool = True) -> RecordPermitDecision:
    return RecordPermitDecision(
        case_id=case_id, person=number, applied_on=date(2026, 11, 2), decided_on=date(2026, 11, 12), granted=granted
    )


@pytest.fixture
async def biometrics(scene, submit) -> UUID:
    command = submit("immigration-portal", None, **BIOMETRICS)
    await scene.ask(command)
    return command.id


async def test_biometrics_await_the_permit_of_every_person(scene, biometrics):
    await scene.stage.hear(*settled(scene, biometrics))
    awaiting = scene.stage.heard_of(CaseStatusChanged)[-1]
    assert (awaiting.to_status, awaiting.norm_id, awaiting.due_date) == ("awaiting_decision", "permit_within_2_weeks", date(2026, 12, 7))

    await scene.ask(decision(biometrics, 1))
    assert await status(scene, biometrics) == "awaiting_decision"
    await scene.ask(decision(biometrics, 2, granted=False))

    assert scene.statuses()[-2:] == ["awaiting_decision", "completed"]


async def test_a_decision_before_the_visit_counts(scene, biometrics):
    await scene.ask(decision(biometrics, 1))
    await scene.ask(decision(biometrics, 2))

    await scene.stage.hear(*settled(scene, biometrics))

    assert await status(scene, biometrics) == "completed"


async def test_a_case_in_which_no_permit_was_granted_is_rejected(scene, biometrics):
    await scene.ask(decision(biometrics, 1, granted=False))
    await scene.stage.hear(*settled(scene, biometrics))
    await scene.ask(decision(biometrics, 2, granted=False))

    assert scene.stage.heard_of(CaseClosed)[0].reason_codes == ("permit_not_granted",)
    assert scene.statuses()[-2:] == ["awaiting_decision", "rejected"]
