"""Everything that happened happens again, and changes nothing."""

import pytest
from aiokafka import AIOKafkaProducer
from journeys.reaching import closed_and_told, everything_in_the_log, has_told, planned, served
from whole_platform import Platform, registration

pytestmark = pytest.mark.kafka


async def repeat(platform: Platform, records: list[object]) -> None:
    """Put records into the log once more, byte for byte, as a relay does that has lost an acknowledgement."""
    producer = AIOKafkaProducer(bootstrap_servers=platform.bootstrap)
    await producer.start()
    for record in records:
        await producer.send_and_wait(record.topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers))  # type: ignore[attr-defined]
    await producer.stop()


async def at_rest(platform: Platform) -> bool:
    """Whether every service has settled its topics to their very ends."""
    for service in platform.services.values():
        consumer = service.consuming.consumer()
        ends = await consumer.end_offsets(list(consumer.assignment()))
        behind = [place for place, end in ends.items() if (await consumer.committed(place) or 0) < end]
        if behind or not service.relay.idle():
            return False
    return True


async def test_every_event_delivered_again_leaves_log_letters_and_figures_as_they_were(platform: Platform) -> None:
    case = (await platform.hand_in(registration())).json()["id"]
    await served(platform, case)
    await platform.until(lambda: at_rest(platform))
    before = await everything_in_the_log(platform)
    timeline, letters = await platform.timeline(case), len(platform.letters)

    await repeat(platform, before)
    await platform.until(lambda: at_rest(platform))

    after = await everything_in_the_log(platform)
    assert len(after) == 2 * len(before)
    assert await platform.timeline(case) == timeline
    assert len(platform.letters) == letters
    assert not [lane for name in platform.services for lane in await platform.ask(name, "GET", "/v1/lanes")]


async def test_a_poisoned_case_waits_alone_and_a_redrive_lets_it_go_on_in_order(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = platform.services["scheduling"].ports.diary
    monkeypatch.setattr(diary, "choose", torn_out)
    poisoned = (await platform.hand_in(registration())).json()["id"]
    lanes = await platform.until(lambda: platform.ask("scheduling", "GET", "/v1/lanes"))
    monkeypatch.undo()
    other = (await platform.hand_in(registration())).json()["id"]
    await planned(platform, other)
    assert "visit.confirmed" not in await platform.topics_of(poisoned)

    await platform.ask("scheduling", "POST", f"/v1/lanes/{lanes[0]['laneId']}/redrive")

    await platform.until(lambda: has_told(platform, poisoned, "visit.confirmed"))
    assert await platform.ask("scheduling", "GET", "/v1/lanes") == []
    assert not await closed_and_told(platform, poisoned)


async def torn_out(*_arguments: object, **_more: object) -> object:
    raise ZeroDivisionError
