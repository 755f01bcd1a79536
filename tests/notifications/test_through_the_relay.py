"""The whole way on the real relay: from an event to a letter at a real SMTP server, and what a crash in between leaves."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiosmtpd import smtp as aiosmtpd
from chassis import FakeRecord

from common.aggregate import Mark
from common.ids import derived
from common.runner import Origin
from common.testing.issuer import issuer_settings
from common.testing.service import offline
from notifications.app import SUBSCRIBES, build
from notifications.domain import Contact, State, Template
from notifications.settings import Settings


class Postbox:
    """Keeps what comes; may hang up after it has it."""

    def __init__(self):
        self.envelopes, self.transports, self.hang_up = [], [], False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.transports.append(server.transport)
        self.envelopes.append(envelope)
        if self.hang_up:
            server.transport.abort()
        return "250 taken"


@pytest.fixture
async def postbox():
    return Postbox()


@pytest.fixture
async def service(scene, postbox):
    server = await asyncio.get_running_loop().create_server(lambda: aiosmtpd.SMTP(postbox), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(**issuer_settings(), region_path=scene.pack.parent, environment="test", smtp_port=port)
    service, _ = offline(build(settings), scene.store, scene.clock)
    await service.relay.start()
    yield service
    await service.relay.stop()
    await service.blueprint.stops(service.context)
    server.close()
    for transport in postbox.transports:
        transport.abort()
    await asyncio.sleep(0)


async def hear(service, event, sequence=1):
    on = next(on for on in SUBSCRIBES if on.message is type(event))
    await service.runner.run(on, event, Origin(Mark(f"{event.topic}/{event.key}", sequence), correlation=derived("a journey")))


async def until(condition):
    async with asyncio.timeout(5):
        while not await condition():
            await asyncio.sleep(0.01)


async def in_state(scene, template, state):
    async def reached():
        return any(message.template is template and message.state is state for message in await scene.all())

    await until(reached)


async def test_an_event_becomes_one_letter_although_it_comes_twice(scene, service, postbox):
    await hear(service, scene.contact())
    await hear(service, scene.confirmed())
    await hear(service, scene.confirmed())

    await in_state(scene, Template.VISIT_CONFIRMED, State.SENT)

    (envelope,) = postbox.envelopes
    assert envelope.rcpt_tos == ["a.example@example.org"]
    assert b"Content-Type: text/calendar" in envelope.content


async def test_a_reminder_goes_when_the_clock_says_so(scene, service, postbox):
    await hear(service, scene.contact())
    await hear(service, scene.confirmed())
    await in_state(scene, Template.VISIT_CONFIRMED, State.SENT)

    scene.clock.forward(timedelta(days=7))

    await in_state(scene, Template.VISIT_REMINDER, State.SENT)
    assert len(postbox.envelopes) == 2


async def test_a_letter_whose_answer_was_lost_is_not_sent_again(scene, service, postbox):
    postbox.hang_up = True
    await hear(service, scene.contact())
    await hear(service, scene.created())

    await in_state(scene, Template.SUBMISSION_RECEIVED, State.UNKNOWN)
    scene.clock.forward(timedelta(days=2))
    await asyncio.sleep(0.3)

    assert len(postbox.envelopes) == 1


async def test_a_contact_that_comes_late_is_written_to_when_it_is_there(scene, service, postbox):
    await hear(service, scene.created())
    await hear(service, scene.contact())

    scene.clock.forward(timedelta(milliseconds=100))

    await in_state(scene, Template.SUBMISSION_RECEIVED, State.SENT)
    assert len(postbox.envelopes) == 1


async def test_a_record_without_a_value_erases_the_contact_and_one_on_another_topic_goes_to_quarantine(scene, service):
    await hear(service, scene.contact())

    await take(service, "party.contact-changed", scene.party)
    await take(service, "case.created", scene.case)

    assert (await scene.store.get(Contact, scene.party)).erased
    (lane,) = await service.parking.list(10, 0)
    assert (lane.kind, lane.records[0].topic) == ("quarantine", "case.created")


async def take(service, topic, key):
    async def commit(_offsets): ...

    consumer = SimpleNamespace(assignment=lambda: {TopicPartition(topic, 0)}, commit=commit, _fetcher=SimpleNamespace())
    service.consuming.subscriber = SimpleNamespace(consumer=consumer)
    record = FakeRecord(topic, 0, 7, str(key).encode(), None, ())
    await service.consuming.take(SimpleNamespace(raw_message=(record,)))
