"""The copy of contacts: the newest revision stands, whatever order they come in."""

from itertools import permutations

import pytest

from common.aggregate import Mark
from common.errors import Conflict
from common.events.party import PartyContactErased
from common.runner import Origin
from notifications.app import SUBSCRIBES
from notifications.domain import Contact, Outcome, Template
from notifications.domain.steps import Delivery


async def test_a_new_contact_is_kept(scene):
    await scene.hear(scene.contact())

    contact = await scene.store.get(Contact, scene.party)
    assert (contact.name, contact.email, contact.language, contact.revision) == ("A. Example", "a.example@example.org", "nl", 1)


@pytest.mark.parametrize("revisions", [(1, 2), (2, 1), (1, 2, 1)])
async def test_the_newest_revision_stands_in_whatever_order_they_come(scene, revisions):
    await scene.hear(*(scene.contact(revision=revision, email=f"r{revision}@example.org") for revision in revisions))

    assert (await scene.store.get(Contact, scene.party)).email == "r2@example.org"


async def test_a_contact_tells_nobody_anything(scene):
    await scene.hear(scene.contact())

    assert scene.stage.told == []


ORDERS = [order for length in (1, 2, 3) for order in permutations(("first", "second", "gone"), length) if "gone" in order]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
async def test_of_an_erased_contact_nothing_stays_and_nothing_comes_back_in_whatever_order_it_is_heard(scene, order):
    heard = {
        "first": scene.contact(revision=1, email="r1@example.org"),
        "second": scene.contact(revision=2, email="r2@example.org"),
        "gone": PartyContactErased(party_id=scene.party),
    }

    await scene.hear(*(heard[one] for one in order))

    contact = await scene.store.get(Contact, scene.party)
    assert contact.erased
    assert (contact.name, contact.email) == ("", "")
    assert not any(b"example.org" in row[1] for row in scene.store._documents.values())


async def test_what_was_told_before_a_tombstone_and_comes_again_after_it_is_dropped_by_its_mark(scene):
    source = f"party.contact-changed/{scene.case}"
    by_kind = {on.message: on for on in SUBSCRIBES}

    for message, sequence in ((scene.contact(), 1), (PartyContactErased(party_id=scene.party), 2), (scene.contact(revision=9), 1)):
        await scene.stage.runner.run(by_kind[type(message)], message, Origin(Mark(source, sequence)))

    contact = await scene.store.get(Contact, scene.party)
    assert (contact.applied[source], contact.version, contact.erased) == (2, 2, True)


async def test_a_message_to_an_erased_contact_is_suppressed_and_says_why(scene):
    await scene.hear(scene.contact(), PartyContactErased(party_id=scene.party), scene.created())

    (told,) = scene.told("suppressed")
    assert (told.template_key, told.reason_code) == ("submission_received", "contact_erased")
    assert scene.mailer.letters == []


async def test_a_message_that_waits_when_its_contact_is_erased_is_suppressed_at_its_time(reachable):
    await reachable.hear(reachable.confirmed(), PartyContactErased(party_id=reachable.party))

    await reachable.wait(days=8)

    assert [(one.template_key, one.reason_code) for one in reachable.told("suppressed")] == [("visit_reminder", "contact_erased")]
    assert [letter.to_address for letter in reachable.mailer.letters] == ["a.example@example.org"]


async def test_a_message_claimed_while_its_contact_is_erased_is_not_handed_over(reachable):
    reachable.mailer.answers.append(Delivery(Outcome.RETRY_LATER, "busy"))
    await reachable.hear(reachable.created(), PartyContactErased(party_id=reachable.party))

    await reachable.wait(hours=1)

    assert [one.reason_code for one in reachable.told("suppressed")] == ["contact_erased"]
    assert len(reachable.mailer.letters) == 1


async def test_staff_cannot_send_again_to_an_erased_contact(reachable):
    reachable.mailer.answers.append(Delivery(Outcome.FAILED, "refused"))
    await reachable.hear(reachable.created(), PartyContactErased(party_id=reachable.party))

    message = await reachable.message(Template.SUBMISSION_RECEIVED)
    with pytest.raises(Conflict, match="contact_erased"):
        await reachable.send_again(message.id)
