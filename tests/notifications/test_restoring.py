"""A store from an earlier time learns from its own events what was sent since; nothing is sent twice, and what was not is sent."""

from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from common.cloudevents import Received
from common.envelope import Envelope
from common.errors import Conflict
from notifications.domain import Delivery, Outcome, State, Template
from notifications.restoring import RestoringLetters


async def restore(scene: Any, backup: Any, told: list[Any]) -> None:
    """Put a backup in the place of the store, and bring it up to date from what was told."""
    restoring = RestoringLetters()
    for number, event in enumerate(told, 1):
        if event.topic in restoring.topics:
            envelope = Envelope(uuid4(), "", event.message_id, scene.clock.now(), number, number, None, None, "", event.topic, 0, number)
            restoring.hear(Received(event, envelope))
    scene.store.__dict__.update(deepcopy(backup.__dict__))
    await restoring.restore(scene.store, scene.clock)


@pytest.mark.parametrize("backup_after", [0, 1, 2])
async def test_what_was_sent_since_the_backup_is_not_sent_again(reachable, backup_after):
    heard, backup = [reachable.contact(), reachable.created(), reachable.confirmed()], deepcopy(reachable.store)
    for number, event in enumerate(heard):
        await reachable.hear(event)
        if number < backup_after:
            backup = deepcopy(reachable.store)
    assert reachable.sent() == [Template.SUBMISSION_RECEIVED, Template.VISIT_CONFIRMED]

    await restore(reachable, backup, reachable.stage.told)
    await reachable.hear(*heard)  # the group reads again what came after the backup
    for _ in range(10):
        await reachable.wait(days=1)

    templates = {message.id: message.template for message in await reachable.all()}
    assert [templates[letter.message_id] for letter in reachable.mailer.letters] == [
        Template.SUBMISSION_RECEIVED,
        Template.VISIT_CONFIRMED,
        Template.VISIT_REMINDER,
    ]


async def test_a_letter_that_was_on_its_way_is_left_to_people_who_can_send_it_again(reachable):
    backup = deepcopy(reachable.store)
    await reachable.hear(reachable.created())
    told = [event for event in reachable.stage.told if event.topic == "notification.requested"]

    await restore(reachable, backup, told)

    letter = await reachable.message(Template.SUBMISSION_RECEIVED)
    assert (letter.state, letter.reason_code) == (State.UNKNOWN, "recovered")
    with pytest.raises(Conflict, match="content_lost"):
        await reachable.send_again(letter.id)
    await reachable.hear(reachable.created())
    assert len(reachable.mailer.letters) == 1
    await reachable.send_again(letter.id)
    assert len(reachable.mailer.letters) == 2


async def test_a_letter_that_was_claimed_in_the_backup_and_sent_since_is_not_handed_over(reachable):
    reachable.mailer.answers = [Delivery(Outcome.RETRY_LATER, "connect")]
    await reachable.hear(reachable.created())
    backup = deepcopy(reachable.store)
    await reachable.wait(days=1)
    assert reachable.sent() == [Template.SUBMISSION_RECEIVED]
    letters = len(reachable.mailer.letters)

    await restore(reachable, backup, reachable.stage.told)
    await reachable.wait(days=1)

    assert len(reachable.mailer.letters) == letters
