"""Whatever notifications does with a contact leaves a processing record, once, whatever comes twice or breaks off."""

import pytest
from worlds.logbooks import records

from common.events.party import PartyContactErased
from common.processing.logbook import Logbook
from common.runner import Runner
from common.testing.issuer import PSEUDONYM_KEY
from notifications.domain import Delivery, Outcome, Template

KEPT, ERASED = "Stored how to reach a person", "Erased how to reach a person"
WRITTEN = "Wrote a letter to a person and handed it to the mail provider"


@pytest.fixture
def logged(scene):
    """The scene, whose runner keeps a logbook."""
    book = Logbook(scene.region.register, PSEUDONYM_KEY, scene.store, scene.clock)
    stage = scene.stage
    stage.runner = Runner(stage.runner.ports, scene.store, scene.clock, lambda _a, _e: None, logbook=book)
    scene.subject = book.pseudonym(scene.party)
    return scene


async def said(scene):
    """Names and states, in order; every record is about the party."""
    found = await records(scene.store)
    assert {one.subjects for one in found} <= {(scene.subject,)}
    return sorted((one.name, one.status) for one in found)


async def test_a_contact_that_is_copied_or_changed_is_recorded_and_one_that_is_stale_is_not(logged):
    await logged.hear(logged.contact(), logged.contact(revision=3), logged.contact(revision=2))

    assert await said(logged) == [(KEPT, "Unset")] * 2


async def test_erasure_is_recorded(logged):
    await logged.hear(logged.contact())
    await logged.hear(PartyContactErased(party_id=logged.party), PartyContactErased(party_id=logged.party))

    assert await said(logged) == [(ERASED, "Unset"), (KEPT, "Unset")]


async def test_every_letter_is_recorded_once(logged):
    await logged.hear(logged.contact(), logged.created(), logged.confirmed())

    assert len(logged.mailer.letters) == 2
    assert (await said(logged)).count((WRITTEN, "Unset")) == 2


async def test_a_letter_that_the_provider_does_not_take_is_recorded_as_an_error_and_each_attempt_by_itself(logged):
    logged.mailer.answers = [Delivery(Outcome.RETRY_LATER, "smtp_451")]
    await logged.hear(logged.contact(), logged.created())
    await logged.wait(hours=1)

    assert len(logged.mailer.letters) == 2
    assert (await said(logged))[1:] == [(WRITTEN, "Error"), (WRITTEN, "Unset")]


async def test_a_letter_that_was_not_written_leaves_none(logged):
    await logged.hear(logged.created())
    await logged.wait(days=100)

    assert logged.mailer.letters == []
    assert await said(logged) == []


async def test_a_process_that_dies_while_it_hands_a_letter_over_leaves_a_record_all_the_same(logged):
    await logged.hear(logged.contact())
    await logged.let_crash(logged.created())
    assert logged.claimed(Template.SUBMISSION_RECEIVED)
    assert (WRITTEN, "Error") not in await said(logged)

    await logged.outlast_leases()

    assert await said(logged) == [(KEPT, "Unset"), (WRITTEN, "Error")]
