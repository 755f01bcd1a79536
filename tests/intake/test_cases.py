"""A case from submission to result: handlers, on a stage that delivers and runs everything twice."""

from datetime import date, datetime, timedelta

import pytest

from common.errors import Conflict, NotFound, Rejected
from common.events.case import (
    BsnIssued,
    CaseClosed,
    CaseCreated,
    CaseInformationReceived,
    CaseInformationRequested,
    CaseReferred,
    CaseScreened,
    CaseStatusChanged,
    PermitDecided,
)
from common.events.party import PartyContactChanged
from common.ids import derived
from intake.domain.messages import HeldDocument, RecordBsnIssued, RecordDocuments, RecordPermitDecision, WithdrawCase

from .bench import NOW, person


async def test_a_submission_becomes_a_case_and_its_contact_is_told_before_it(scene, submit):
    command = submit()

    await scene.ask(command)

    assert [type(event) for event in scene.stage.told] == [
        PartyContactChanged,
        CaseCreated,
        CaseStatusChanged,
        CaseScreened,
        CaseStatusChanged,
    ]
    created, screened = scene.stage.heard_of(CaseCreated)[0], scene.stage.heard_of(CaseScreened)[0]
    assert created.case_id == command.id
    assert created.journey_id == derived("journey", command.id)
    assert (screened.route, screened.outcome, screened.reason_codes) == ("one_stop", "accepted", ("recognised_sponsor", "purpose_in_list"))
    assert [formality.product for formality in screened.formalities] == ["brp_first_registration", "settling_consultation", "biometrics"]
    assert scene.statuses() == ["screening", "accepted"]


async def test_only_the_contact_topic_holds_personal_data(scene, submit):
    await scene.ask(
        submit(
            contact={"name": "CANARY Name", "email": "canary@example.org"},
            persons=[{**person(), "contact": {"name": "CANARY Two", "email": "canary2@example.org"}}],
        )
    )

    for event in scene.stage.told:
        assert isinstance(event, PartyContactChanged) or "canary" not in event.model_dump_json().lower()


async def test_the_same_bytes_again_change_nothing(scene, submit):
    await scene.ask(submit())
    told = len(scene.stage.told)

    await scene.ask(submit())

    assert len(scene.stage.told) == told


async def test_other_bytes_under_the_same_id_are_refused(scene, submit):
    await scene.ask(submit())

    with pytest.raises(Conflict):
        await scene.ask(submit(language="nl"))


async def test_the_norm_for_the_citizen_service_number_is_told_with_acceptance(scene, submit):
    await scene.ask(submit())

    accepted = scene.stage.heard_of(CaseStatusChanged)[-1]
    assert (accepted.norm_id, accepted.due_date) == ("bsn_within_5_days", date(2026, 11, 28))


async def test_no_visit_before_the_client_arrives(scene, submit):
    await scene.ask(submit(arrivesOn="2026-12-10", notBefore="2026-12-01"))

    assert scene.stage.heard_of(CaseScreened)[0].not_before == datetime.fromisoformat("2026-12-09T23:00:00Z")


async def test_a_short_stay_is_referred_warmly(scene, submit):
    await scene.ask(submit(stayMonths=3))

    referred = scene.stage.heard_of(CaseReferred)[0]
    assert (referred.target_organisation, referred.target_product, referred.warm_transfer) == ("rni_heerlen", "rni_registration", True)
    assert scene.stage.heard_of(CaseClosed)[0].result == "referred"
    assert scene.statuses() == ["screening", "referred"]


async def test_a_missing_document_is_asked_for_and_the_case_goes_on_when_it_comes(scene, submit):
    command = submit(persons=[person(documents=("passport", "ind_approval"))])
    await scene.ask(command)
    requested = scene.stage.heard_of(CaseInformationRequested)[0]
    assert (requested.document_types, requested.due_date) == (("tenancy",), date(2026, 12, 7))

    await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=1, document_type="main_occupant_statement"),)))

    assert scene.stage.heard_of(CaseInformationReceived)[0].document_types == ("main_occupant_statement",)
    assert scene.statuses() == ["screening", "information_requested", "screening", "accepted"]
    assert [screened.outcome for screened in scene.stage.heard_of(CaseScreened)] == ["information_requested", "accepted"]
    assert (await scene.case(command.id)).waiting == {}


async def test_when_only_some_documents_come_the_others_are_asked_for_again(scene, submit):
    command = submit(persons=[person(documents=())])
    await scene.ask(command)
    scene.clock.forward(timedelta(days=2))

    await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=1, document_type="passport"),)))

    first, second = scene.stage.heard_of(CaseInformationRequested)
    assert set(second.document_types) < set(first.document_types)
    assert second.due_date == first.due_date + timedelta(days=2)


async def test_a_case_whose_documents_do_not_come_is_rejected_after_the_last_day(scene, submit):
    command = submit(persons=[person(documents=())])
    await scene.ask(command)

    await scene.stage.wait(timedelta(days=14))
    assert (await scene.case(command.id)).status == "information_requested"
    await scene.stage.wait(timedelta(days=1))

    assert scene.stage.heard_of(CaseClosed)[0].reason_codes == ("information_not_received",)


async def test_documents_that_are_held_already_change_nothing(scene, submit):
    command = submit()
    await scene.ask(command)
    before = await scene.case(command.id)

    await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=1, document_type="passport"),)))

    assert await scene.case(command.id) == before


async def test_a_document_of_nobody_in_the_household_is_refused(scene, submit):
    command = submit()
    await scene.ask(command)

    with pytest.raises(Rejected):
        await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=2, document_type="passport"),)))


async def test_withdrawing_closes_a_case_once(scene, submit):
    command = submit()
    await scene.ask(command)

    await scene.ask(WithdrawCase(case_id=command.id, reason_code="client_request"))
    await scene.ask(WithdrawCase(case_id=command.id, reason_code="client_request"))

    assert [closed.result for closed in scene.stage.heard_of(CaseClosed)] == ["withdrawn"]
    with pytest.raises(Conflict):
        await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=1, document_type="old_permit"),)))


async def test_a_rejected_case_cannot_be_withdrawn(scene, submit):
    command = submit("lapsed-sponsor", "lapsed-sponsor")
    await scene.ask(command)

    with pytest.raises(Conflict):
        await scene.ask(WithdrawCase(case_id=command.id, reason_code="client_request"))


async def test_an_issued_number_is_told_with_the_clock_of_its_norm(scene, submit):
    command = submit()
    await scene.ask(command)
    scene.clock.forward(timedelta(days=4))
    issued = RecordBsnIssued(case_id=command.id, person=1, issued_on=date(2026, 11, 26))

    await scene.ask(issued)
    await scene.ask(issued)

    assert [(told.issued_on, told.clock_start, told.start_event) for told in scene.stage.heard_of(BsnIssued)] == [
        (date(2026, 11, 26), date(2026, 11, 23), "application")
    ]
    with pytest.raises(Conflict):
        await scene.ask(issued.model_copy(update={"issued_on": date(2026, 11, 25)}))


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 11, 24)])
async def test_a_number_is_not_issued_before_the_case_or_in_the_future(scene, submit, day):
    command = submit()
    await scene.ask(command)

    with pytest.raises(Rejected):
        await scene.ask(RecordBsnIssued(case_id=command.id, person=1, issued_on=day))


async def test_no_number_is_issued_in_a_rejected_case(scene, submit):
    command = submit("lapsed-sponsor", "lapsed-sponsor")
    await scene.ask(command)

    with pytest.raises(Conflict):
        await scene.ask(RecordBsnIssued(case_id=command.id, person=1, issued_on=NOW.date()))


async def test_a_permit_decision_is_told_once_and_another_is_refused(scene, submit):
    command = submit()
    await scene.ask(command)
    decision = RecordPermitDecision(case_id=command.id, person=1, applied_on=date(2026, 11, 2), decided_on=date(2026, 11, 12), granted=True)

    await scene.ask(decision)
    await scene.ask(decision)

    assert [(told.applied_on, told.decided_on) for told in scene.stage.heard_of(PermitDecided)] == [(date(2026, 11, 2), date(2026, 11, 12))]
    with pytest.raises(Conflict):
        await scene.ask(decision.model_copy(update={"granted": False}))


async def test_a_decision_before_its_application_is_refused(scene, submit):
    command = submit()
    await scene.ask(command)

    with pytest.raises(Rejected):
        await scene.ask(
            RecordPermitDecision(case_id=command.id, person=1, applied_on=date(2026, 11, 12), decided_on=date(2026, 11, 2), granted=True)
        )


async def test_nothing_can_be_recorded_on_a_case_that_does_not_exist(scene, submit):
    with pytest.raises(NotFound):
        await scene.ask(WithdrawCase(case_id=submit().id, reason_code="client_request"))
