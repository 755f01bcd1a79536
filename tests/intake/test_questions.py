"""Questions and contacts: told once, closed at once, without a visit."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from common.errors import Conflict
from common.events.case import BsnIssued, CaseClosed, CaseCreated, CaseScreened
from common.events.contact import ContactRegistered, QuestionAnswered
from common.events.party import PartyContactChanged
from intake.domain.messages import (
    GiveUpWaiting,
    RecordBsnIssued,
    RecordPermitDecision,
    RecordQuestion,
    RegisterContact,
    ScreenCase,
    WithdrawCase,
)
from intake.domain.submission import ContactMade, QuestionAsked
from intake.gateway.admission import submission_id
from intake.handlers import give_up_waiting, screen_case

from .bench import CONTACT, NOW, QUESTION
from .test_progress import settled

PSEUDONYM = "3f8f6f6c-7a3e-4b52-9d35-6b1c5cf7c001"


def question(fingerprint: str = "f", **changes) -> RecordQuestion:
    data = QuestionAsked.model_validate_json(json.dumps({**QUESTION, **changes}))
    return RecordQuestion(
        id=submission_id("gip-maastricht", "urn:x", "1"),
        partner_id="gip-maastricht",
        fingerprint=fingerprint,
        organisation_id=None,
        handed_in=data,
        municipality_code="GM0935",
        purpose="cross_border",
    )


def contact(fingerprint: str = "f", **changes) -> RegisterContact:
    data = ContactMade.model_validate_json(json.dumps({**CONTACT, **changes}))
    id_ = submission_id("gip-maastricht", "urn:x", "1")
    return RegisterContact(id=id_, partner_id="gip-maastricht", fingerprint=fingerprint, organisation_id=None, handed_in=data)


async def test_a_question_is_created_answered_and_closed_without_a_visit(scene):
    await scene.ask(question(clientPseudonym=PSEUDONYM))
    await scene.ask(question(clientPseudonym=PSEUDONYM))

    assert scene.statuses() == ["screening", "completed"]
    assert [closed.result for closed in scene.stage.heard_of(CaseClosed)] == ["answered"]
    screened = scene.stage.heard_of(CaseScreened)[0]
    assert (screened.route, screened.outcome, screened.formalities) == ("answer", "answered", ())
    answered = scene.stage.heard_of(QuestionAnswered)[0]
    assert (answered.occurred_at, answered.response_minutes) == (datetime(2026, 11, 23, 9, tzinfo=UTC), 12)
    registered = scene.stage.heard_of(ContactRegistered)
    assert [(told.service, told.country_pair) for told in registered] == [("gip_maastricht", "be_nl")]
    assert str(registered[0].client_pseudonym) != PSEUDONYM


async def test_an_anonymous_question_tells_no_contact_details(scene):
    await scene.ask(question())

    assert scene.stage.heard_of(PartyContactChanged) == []
    assert [event.reachable for kind in (CaseCreated, CaseClosed) for event in scene.stage.heard_of(kind)] == [False, False]
    assert scene.stage.heard_of(ContactRegistered)[0].client_pseudonym is None


async def test_one_client_has_one_pseudonym_over_questions_and_contacts(scene):
    await scene.ask(question(clientPseudonym=PSEUDONYM))
    await scene.ask(contact(clientPseudonym=PSEUDONYM).model_copy(update={"id": submission_id("gip-maastricht", "urn:x", "2")}))

    first, second = scene.stage.heard_of(ContactRegistered)
    assert first.client_pseudonym == second.client_pseudonym is not None


async def test_a_contact_is_told_once_and_is_no_case(scene):
    await scene.ask(contact())
    await scene.ask(contact())

    assert len(scene.stage.told) == 1
    assert scene.stage.heard_of(CaseCreated) == []


async def test_one_id_is_one_submission_whatever_its_type(scene):
    await scene.ask(contact())

    with pytest.raises(Conflict):
        await scene.ask(question("other"))


async def test_steps_of_cases_that_have_gone_on_or_are_not_here_do_nothing(scene, submit):
    command = submit()
    await scene.ask(command)

    for id_ in (command.id, question().id):
        assert await screen_case(ScreenCase(case_id=id_), scene.ports) is None
        assert await give_up_waiting(GiveUpWaiting(case_id=id_), scene.ports) is None


async def test_under_the_older_norm_the_clock_starts_at_the_registration(scene, submit):
    scene.clock.forward(datetime(2021, 3, 1, 9, tzinfo=UTC) - NOW)
    command = submit()
    await scene.ask(command)
    await scene.stage.hear(*settled(scene, command.id))
    scene.clock.forward(datetime(2026, 12, 1, 9, tzinfo=UTC) - datetime(2021, 3, 1, 9, tzinfo=UTC))

    await scene.ask(RecordBsnIssued(case_id=command.id, person=1, issued_on=date(2026, 11, 28)))

    issued = scene.stage.heard_of(BsnIssued)[0]
    assert (issued.clock_start, issued.start_event) == (date(2026, 11, 26), "registration")


async def test_a_closed_case_takes_no_permit_decision_unless_it_was_completed(scene, submit):
    command = submit()
    await scene.ask(command)
    decision = RecordPermitDecision(case_id=command.id, person=1, applied_on=date(2026, 11, 2), decided_on=date(2026, 11, 12), granted=True)
    await scene.ask(WithdrawCase(case_id=command.id, reason_code="client_request"))

    with pytest.raises(Conflict):
        await scene.ask(decision)


async def test_a_decision_may_be_recorded_after_the_case_is_completed(scene, submit):
    command = submit()
    await scene.ask(command)
    await scene.stage.hear(*settled(scene, command.id))

    await scene.ask(
        RecordPermitDecision(case_id=command.id, person=1, applied_on=date(2026, 11, 2), decided_on=date(2026, 11, 12), granted=True)
    )

    case = await scene.case(command.id)
    assert (case.status, len(case.decisions)) == ("completed", 1)


async def test_a_case_cannot_leap_where_no_way_leads(scene, submit):
    command = submit("lapsed-sponsor", "lapsed-sponsor")
    await scene.ask(command)

    with pytest.raises(Conflict):
        (await scene.case(command.id)).move("planned", NOW)


async def test_what_is_kept_from_a_leap_day_is_kept_until_the_first_of_march(scene, submit):
    scene.clock.forward(datetime(2028, 2, 29, 9, tzinfo=UTC) - NOW)
    await scene.ask(submit("lapsed-sponsor", "lapsed-sponsor"))

    assert scene.stage.heard_of(CaseClosed)[0].archive_action_date == date(2033, 3, 1)
    assert timedelta(0) < scene.clock.now() - NOW
