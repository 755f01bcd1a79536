"""What is never done twice by itself, what staff may do, and what stays out of every record."""

import pytest

from common.errors import Conflict, NotFound
from common.ids import derived
from notifications import handlers
from notifications.domain import (
    Delivery,
    HandOver,
    Outcome,
    RecordOutcome,
    SendMessage,
    SettleUnknown,
    Template,
    WithdrawMessage,
)


def later(reason: str = "connect") -> Delivery:
    return Delivery(Outcome.RETRY_LATER, reason)


async def test_staff_may_send_an_unknown_message_again(reachable):
    await reachable.let_crash(reachable.created())
    await reachable.outlast_leases()
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    await reachable.send_again(message.id)

    assert [event.attempt for event in reachable.told("sent")] == [2]
    assert len({letter.message_id for letter in reachable.mailer.letters}) == 1


async def test_staff_may_not_send_again_what_was_sent_or_is_stale(reachable):
    await reachable.hear(reachable.created())
    with pytest.raises(Conflict, match="sent is not sent again"):
        await reachable.send_again((await reachable.message(Template.SUBMISSION_RECEIVED)).id)

    reachable.mailer.answers = [Delivery(Outcome.FAILED, "smtp_550")]
    await reachable.hear(reachable.closed())
    await reachable.wait(days=60)
    with pytest.raises(Conflict, match="expired"):
        await reachable.send_again((await reachable.message(Template.CASE_CLOSED)).id)

    with pytest.raises(NotFound):
        await reachable.send_again(derived("none"))


async def test_nothing_that_leaves_or_waits_holds_a_name_an_address_or_a_word(reachable):
    canaries = ("Canary", "canary@example.org")
    await reachable.hear(reachable.contact(revision=2, name="Canary", email="canary@example.org"))
    entries = []
    save = reachable.store.save

    async def listening(aggregate, new, records=()):
        entries.extend(new)
        return await save(aggregate, new, records)

    reachable.store.save = listening
    await reachable.hear(reachable.created(), reachable.confirmed(), reachable.cancelled(), reachable.closed())

    assert len(reachable.mailer.letters) == 4
    said = b" ".join(entry.data for entry in entries) + repr(reachable.mailer.letters[0]).encode()
    assert not [canary for canary in (*canaries, "Uw bezoek") if canary.encode() in said]
    for (collection, _), row in reachable.store._documents.items():
        assert collection == "contacts" or not [canary for canary in canaries if canary.encode() in row[1]]


def test_the_step_that_settles_names_no_more_than_the_attempt():
    assert set(SettleUnknown.model_fields) - {"taken"} == set(HandOver.model_fields) == {"message_id", "attempt"}


@pytest.mark.parametrize(
    ("handler", "step"),
    [
        (handlers.withdraw_message, WithdrawMessage(message_id=derived("none"), reason_code="visit_changed")),
        (handlers.send_message, SendMessage(message_id=derived("none"))),
        (handlers.record_outcome, RecordOutcome(message_id=derived("none"), attempt=1, outcome=Outcome.SENT)),
        (handlers.settle_unknown, SettleUnknown(message_id=derived("none"), attempt=1)),
    ],
)
async def test_a_step_for_a_message_that_is_gone_changes_nothing(scene, handler, step):
    assert await handler(step, scene.ports) is None


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_a_late_outcome_of_an_earlier_attempt_changes_nothing(reachable, outcome):
    reachable.mailer.answers = [later(), Delivery(Outcome.UNKNOWN, "timeout")]
    await reachable.hear(reachable.created())
    await reachable.wait(seconds=5)
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    assert await handlers.record_outcome(RecordOutcome(message_id=message.id, attempt=1, outcome=outcome), reachable.ports) is None
