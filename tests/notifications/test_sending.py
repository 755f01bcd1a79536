"""How a message leaves: claimed first, handed over at most once, retried only when it is known that nothing was sent."""

from dataclasses import replace
from datetime import timedelta

from common.errors import Unavailable
from common.ids import derived
from notifications.domain import (
    Contact,
    Delivery,
    HandOver,
    Message,
    Outcome,
    RecordOutcome,
    State,
    Template,
)
from notifications.handlers import hand_over


def later(reason: str = "connect") -> Delivery:
    return Delivery(Outcome.RETRY_LATER, reason)


async def test_a_message_is_claimed_in_the_store_before_the_provider_sees_it(reachable):
    seen = []

    def look(letter):
        seen.append(Message.model_validate_json(reachable.store._documents["messages", letter.message_id][1]))

    reachable.mailer.before = look
    await reachable.hear(reachable.created())

    assert [(message.state, message.attempt) for message in seen] == [(State.SENDING, 1)]
    assert "SettleUnknown" in seen[0].waiting


async def test_a_crash_in_the_middle_leaves_the_outcome_unknown_and_is_not_repeated(reachable):
    await reachable.let_crash(reachable.created())
    assert (await reachable.message(Template.SUBMISSION_RECEIVED)).state is State.SENDING

    await reachable.outlast_leases()
    await reachable.wait(days=3)

    message = await reachable.message(Template.SUBMISSION_RECEIVED)
    assert (message.state, message.reason_code) == (State.UNKNOWN, "no_outcome")
    assert len(reachable.mailer.letters) == 1
    (failed,) = reachable.told("failed")
    assert (failed.outcome, failed.reason_code, failed.attempt) == ("unknown", "no_outcome", 1)


async def test_a_provider_that_does_not_know_leaves_it_unknown_and_is_not_asked_again(reachable):
    reachable.mailer.answers = [Delivery(Outcome.UNKNOWN, "disconnected")]

    await reachable.hear(reachable.created())
    await reachable.wait(days=3)

    assert len(reachable.mailer.letters) == 1
    assert [(event.outcome, event.reason_code) for event in reachable.told("failed")] == [("unknown", "disconnected")]


async def test_a_provider_that_drops_repetitions_is_asked_again_with_the_same_key_after_a_crash(reachable):
    policy = reachable.region.policy.model_copy(update={"provider_deduplicates": True})
    reachable.stage.runner.ports = replace(reachable.ports, policy=policy)
    await reachable.let_crash(reachable.created())

    await reachable.outlast_leases()
    await reachable.wait(seconds=5)

    message = await reachable.message(Template.SUBMISSION_RECEIVED)
    assert (message.state, message.attempt) == (State.SENT, 2)
    assert len({letter.message_id for letter in reachable.mailer.letters}) == 1
    assert reachable.told("failed") == []


async def test_what_is_known_not_to_be_sent_is_tried_again_with_the_same_key(reachable):
    reachable.mailer.answers = [later(), later("smtp_451")]

    await reachable.hear(reachable.created())
    await reachable.wait(seconds=4)
    assert len(reachable.mailer.letters) == 1
    await reachable.wait(seconds=1)
    assert len(reachable.mailer.letters) == 2
    await reachable.wait(seconds=30)

    assert [letter.message_id for letter in reachable.mailer.letters] == [(await reachable.message(Template.SUBMISSION_RECEIVED)).id] * 3
    assert [event.attempt for event in reachable.told("sent")] == [3]
    assert reachable.told("failed") == []


async def test_attempts_are_bounded_and_then_it_failed(reachable):
    reachable.mailer.answers = [later()] * 50

    await reachable.hear(reachable.created())
    for _ in range(20):
        await reachable.wait(hours=5)

    assert len(reachable.mailer.letters) == len(reachable.region.policy.retry_after_seconds) + 1
    assert [(event.outcome, event.reason_code, event.attempt) for event in reachable.told("failed")] == [("failed", "connect", 9)]


async def test_an_attempt_that_could_only_come_too_late_is_not_made(reachable):
    reachable.mailer.answers = [later()] * 50

    await reachable.hear(reachable.confirmed())
    await reachable.wait_until((await reachable.message(Template.VISIT_CONFIRMED)).expires_at)

    assert (await reachable.message(Template.VISIT_CONFIRMED)).state in {State.FAILED, State.SUPPRESSED}
    assert reachable.sent() == []


async def test_a_permanent_refusal_fails_at_once(reachable):
    reachable.mailer.answers = [Delivery(Outcome.FAILED, "smtp_550")]

    await reachable.hear(reachable.created())
    await reachable.wait(days=3)

    assert len(reachable.mailer.letters) == 1
    assert [(event.outcome, event.reason_code) for event in reachable.told("failed")] == [("failed", "smtp_550")]


async def test_a_contact_that_comes_after_the_case_is_waited_for(scene):
    await scene.hear(scene.created())
    await scene.wait(milliseconds=100)
    assert scene.mailer.letters == []

    await scene.hear(scene.contact())
    await scene.wait(milliseconds=200)

    assert scene.sent() == [Template.SUBMISSION_RECEIVED]
    assert scene.told("requested")[0].locale == "nl"


async def test_a_contact_that_never_comes_fails_in_the_end(scene):
    await scene.hear(scene.created())
    for _ in range(200):
        await scene.wait(hours=1)

    (failed,) = scene.told("failed")
    assert (failed.outcome, failed.reason_code, failed.attempt) == ("failed", "no_contact", 0)
    assert scene.mailer.letters == []


async def test_waits_for_a_contact_grow_up_to_a_limit(region):
    waits = [region.policy.contact_wait(n) for n in (0, 1, 2, 3, 40)]

    assert waits == [
        timedelta(milliseconds=100),
        timedelta(milliseconds=200),
        timedelta(milliseconds=400),
        timedelta(milliseconds=800),
        timedelta(hours=1),
    ]


async def test_a_message_without_words_fails_instead_of_stopping_its_lane(reachable):
    await reachable.hear(reachable.confirmed(location_id="a_place_nobody_described"))

    assert [(event.outcome, event.reason_code) for event in reachable.told("failed")] == [("failed", "no_words")]


async def test_an_act_whose_claim_is_gone_sends_nothing(reachable):
    await reachable.hear(reachable.created())
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    outcome = await hand_over(HandOver(message_id=message.id, attempt=1), reachable.ports, reachable.mailer)

    assert (outcome.outcome, outcome.reason_code) == (Outcome.UNKNOWN, "claim_lost")
    assert len(reachable.mailer.letters) == 1


async def test_a_store_that_is_away_before_anything_was_handed_over_is_no_unknown(reachable):
    gone = iter([Unavailable("away")])
    get = reachable.ports.contacts.get

    async def away(party_id):
        if reachable.claimed(Template.SUBMISSION_RECEIVED):
            for error in gone:
                raise error
        return await get(party_id)

    reachable.ports.contacts.get = away
    await reachable.hear(reachable.created())
    assert (await reachable.message(Template.SUBMISSION_RECEIVED)).reason_code == "not_available"
    await reachable.wait(seconds=5)

    assert reachable.sent() == [Template.SUBMISSION_RECEIVED]


async def test_an_act_for_no_message_sends_nothing(scene):
    outcome = await hand_over(HandOver(message_id=derived("none"), attempt=1), scene.ports, scene.mailer)

    assert outcome.outcome is Outcome.UNKNOWN


async def test_a_visit_cancelled_between_claim_and_act_is_not_told_any_more(reachable):
    await reachable.let_crash(reachable.confirmed())
    reachable.mailer.letters.clear()
    await reachable.hear(reachable.cancelled())
    message = next(one for one in await reachable.all() if one.template is Template.VISIT_CONFIRMED)

    outcome = await hand_over(HandOver(message_id=message.id, attempt=1), reachable.ports, reachable.mailer)

    assert (outcome.outcome, outcome.reason_code) == (Outcome.SUPPRESSED, "visit_cancelled")


async def test_a_late_outcome_settles_what_was_unknown(reachable):
    await reachable.let_crash(reachable.created())
    await reachable.outlast_leases()
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    recorded = message.record(_outcome(message, Outcome.SENT), reachable.region.policy, reachable.clock.now())

    assert recorded.state is State.SENT
    assert [type(follow.what).__name__ for follow in recorded.follows()] == ["NotificationSent"]


async def test_an_unknown_outcome_is_told_once(reachable):
    await reachable.let_crash(reachable.created())
    await reachable.outlast_leases()
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    assert message.record(_outcome(message, Outcome.UNKNOWN), reachable.region.policy, reachable.clock.now()).follows() == []


async def test_an_outcome_in_time_leaves_nothing_to_settle(reachable):
    await reachable.hear(reachable.created())

    assert (await reachable.message(Template.SUBMISSION_RECEIVED)).waiting == {}


def _outcome(message, outcome):
    return RecordOutcome(message_id=message.id, attempt=message.attempt, outcome=outcome)


async def test_a_contact_erased_between_claim_and_act_is_waited_for(reachable):
    reachable.mailer.answers = [later()]
    await reachable.hear(reachable.created())
    await reachable.store.delete(Contact, reachable.party)
    message = await reachable.message(Template.SUBMISSION_RECEIVED)
    message.claim(reachable.region.policy, reachable.clock.now()).version += 1
    await reachable.store.save(message, [])

    outcome = await hand_over(HandOver(message_id=message.id, attempt=2), reachable.ports, reachable.mailer)

    assert (outcome.outcome, outcome.reason_code) == (Outcome.RETRY_LATER, "no_contact")
