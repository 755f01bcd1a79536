"""The copy of contacts: the newest revision stands, whatever order they come in."""

import pytest

from notifications.domain import Contact


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
