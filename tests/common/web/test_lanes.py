"""What ops may do with lanes and breaker."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
from aiokafka import TopicPartition
from chassis import NOW, new, record_of

from common.service import Service


async def take(service: Service[Any], *records: Any) -> None:
    async def commit(offsets: Any) -> None: ...

    held = {TopicPartition(record.topic, record.partition) for record in records}
    service.consuming.subscriber = SimpleNamespace(
        consumer=SimpleNamespace(assignment=lambda: held, commit=commit, _fetcher=SimpleNamespace())
    )
    await service.consuming.take(SimpleNamespace(raw_message=records))  # type: ignore[arg-type]


async def test_ops_list_show_redrive_and_discard_parked_lanes_without_seeing_their_content(
    service: Service[Any], client: httpx.AsyncClient
) -> None:
    case = new()
    broken = record_of(case, target="canary")
    await take(service, type(broken)(broken.topic, 0, 7, broken.key, b"{", broken.headers))

    [lane] = (await client.get("/v1/lanes")).json()
    assert (lane["kind"], lane["error"], lane["waiting"], lane["records"]) == ("quarantine", "Malformed", 1, ["case.referred/0@7"])
    assert (await client.get(f"/v1/lanes/{lane['laneId']}")).json() == lane
    again = await client.post(f"/v1/lanes/{lane['laneId']}/redrive")
    assert (again.status_code, again.json()["detail"]) == (400, "It failed again (Malformed); the lane waits on.")
    gone = await client.post(f"/v1/lanes/{lane['laneId']}/discard")
    assert gone.json()["state"] == "discarded"
    assert (await client.get("/v1/lanes")).json() == []
    assert (await client.get(f"/v1/lanes/{new()}")).status_code == 404
    assert (await client.get("/v1/lanes?limit=0")).status_code == 400


async def test_ops_close_the_breaker(service: Service[Any], client: httpx.AsyncClient) -> None:
    service.breaker.trip(NOW)
    await service.shared_breaker.exchange()
    service.consuming.assigned.set()
    service.consuming.connection.answered_at = asyncio.get_running_loop().time()
    assert (await client.get("/health/ready")).status_code == 200  # or nobody could reach the reset

    assert (await client.post("/v1/breaker/reset")).status_code == 204

    assert not service.breaker.open
    await service.shared_breaker.exchange()
    assert not service.breaker.open
