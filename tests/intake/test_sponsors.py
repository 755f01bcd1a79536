"""What the register of recognised sponsors says of an organisation, and when it is asked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.events.case import CaseClosed, CaseScreened
from intake.domain.messages import HeldDocument, RecordDocuments

from .bench import person


async def test_a_sponsor_that_is_not_in_the_register_on_that_day_is_rejected_with_the_reason(scene, submit):
    await scene.ask(submit("lapsed-sponsor", "lapsed-sponsor"))

    closed = scene.stage.heard_of(CaseClosed)[0]
    assert (closed.result, closed.reason_codes, closed.archive_action_date) == (
        "rejected",
        ("sponsor_not_in_register",),
        date(2031, 11, 23),
    )
    assert scene.stage.heard_of(CaseScreened)[0].formalities == ()
    assert scene.statuses() == ["screening", "rejected"]


@pytest.mark.parametrize(
    ("partner", "organisation", "status"),
    [
        ("shared-service-centre", "shared-service-centre", "recognised"),
        ("lapsed-sponsor", "lapsed-sponsor", "not_recognised"),
        ("municipality-portal", None, "unknown"),
    ],
)
async def test_screening_tells_what_the_register_said_of_the_organisation(scene, submit, partner, organisation, status):
    await scene.ask(submit(partner, organisation))

    assert [told.sponsor_status for told in scene.stage.heard_of(CaseScreened)] == [status]


async def test_a_sponsor_that_leaves_the_register_while_documents_are_awaited_was_recognised_on_the_date_of_the_case(scene, submit):
    scene.clock.forward(datetime(2026, 6, 30, 12, tzinfo=UTC) - scene.clock.now())
    command = submit("lapsed-sponsor", "lapsed-sponsor", persons=[person(documents=("passport", "ind_approval"))])
    await scene.ask(command)
    scene.clock.forward(timedelta(days=2))

    await scene.ask(RecordDocuments(case_id=command.id, documents=(HeldDocument(person=1, document_type="tenancy"),)))

    told = scene.stage.heard_of(CaseScreened)
    assert [(one.outcome, one.sponsor_status) for one in told] == [("information_requested", "recognised"), ("rejected", "recognised")]
