"""Steps that several journeys share."""

from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis import FEW_PARTITIONS
from whole_platform import Platform


async def has_told(platform: Platform, case: str, topic: str, times: int = 1) -> bool:
    """Whether a case's timeline has so many events of a topic."""
    return (await platform.topics_of(case)).count(topic) >= times


async def planned(platform: Platform, case: str) -> dict[str, Any]:
    """The visit of a case, once everybody has been told of it."""
    await platform.until(lambda: has_told(platform, case, "visit.confirmed"))
    await platform.until(lambda: has_told(platform, case, "notification.sent", 2))
    visit: dict[str, Any] = (await platform.ask("scheduling", "GET", "/v1/visits", params={"case": case}))[0]
    return visit


async def served(platform: Platform, case: str) -> None:
    """Bring a case's visit to its end at the desk."""
    visit = await planned(platform, case)
    platform.clock.forward(timedelta(days=2, hours=3))
    await platform.until(lambda: has_told(platform, case, "notification.sent", 3))
    platform.clock.forward(timedelta(hours=23))
    for one in visit["appointments"]:
        at = f"/v1/visits/{visit['visitId']}/appointments/{one['appointmentId']}"
        await platform.ask("scheduling", "POST", f"{at}/check-in", json={"documentsComplete": True})
        await platform.ask("scheduling", "POST", f"{at}/call")
        await platform.ask("scheduling", "POST", f"{at}/start")
        await platform.ask("scheduling", "POST", f"{at}/complete", json={"outcome": "settled"})
    await platform.until(lambda: closed_and_told(platform, case))


async def closed_and_told(platform: Platform, case: str) -> bool:
    """Whether a case is closed and its four messages have left."""
    topics = await platform.topics_of(case)
    return "case.closed" in topics and topics.count("notification.sent") == 4


async def everything_in_the_log(platform: Platform) -> list[Any]:
    """Every record of every topic, as it lies in Kafka."""
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [
            TopicPartition(platform.prefix + topic.name, partition) for topic in FEW_PARTITIONS for partition in range(topic.partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning()
        records: list[Any] = []
        while sum(ends.values()) > len(records):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
        return records
    finally:
        await consumer.stop()
