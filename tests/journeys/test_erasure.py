"""A tombstone on the real log, as plain tools of Kafka write it, ends all mail to a party."""

from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from journeys.reaching import everything_in_the_log, has_told, planned
from whole_platform import Platform, registration

from notifications.domain import Contact

pytestmark = pytest.mark.kafka
CONTACT = "party.contact-changed"


async def test_after_a_tombstone_nothing_is_kept_of_the_contact_and_its_reminder_is_left_out(platform: Platform) -> None:
    case = (await platform.hand_in(registration())).json()["id"]
    await planned(platform, case)
    [key] = [record.key for record in await everything_in_the_log(platform) if record.topic == platform.prefix + CONTACT]

    await bury(platform, key)
    await platform.until(lambda: is_erased(platform, key))
    platform.clock.forward(timedelta(days=2, hours=3))
    await platform.until(lambda: has_told(platform, case, "notification.suppressed"))

    [suppressed] = [item["data"] for item in await platform.timeline(case) if item["topic"] == "notification.suppressed"]
    assert (suppressed["templateKey"], suppressed["reasonCode"]) == ("visit_reminder", "contact_erased")
    assert len(platform.letters) == 2
    assert await platform.ask("notifications", "GET", "/v1/lanes") == []


async def bury(platform: Platform, key: bytes) -> None:
    """A record with the key and nothing else."""
    producer = AIOKafkaProducer(bootstrap_servers=platform.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(platform.prefix + CONTACT, None, key)
    finally:
        await producer.stop()


async def is_erased(platform: Platform, key: bytes) -> bool:
    """Whether notifications keeps neither name nor address."""
    contact = await platform.services["notifications"].store.get(Contact, UUID(key.decode()))
    return contact is not None and contact.erased and (contact.name, contact.email) == ("", "")
