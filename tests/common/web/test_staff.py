"""What staff may do, and nobody else."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import new, record_of
from worlds.web_toy import SECRET

from common.service import Service

LANE = UUID("22222222-2222-4222-8222-222222222222")


@pytest.mark.parametrize(
    "given",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "0123456789abcdef"}, {"Authorization": "Bearer 0123456789abcdef "[:-2]}],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/lanes"),
        ("GET", f"/v1/lanes/{LANE}"),
        ("POST", f"/v1/lanes/{LANE}/redrive"),
        ("POST", f"/v1/lanes/{LANE}/discard"),
        ("POST", "/v1/breaker/reset"),
    ],
)
async def test_staff_routes_are_closed_without_the_secret(client: httpx.AsyncClient, method: str, path: str, given: dict[str, str]) -> None:
    answer = await client.request(method, path, headers=given)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_secret_that_is_not_ascii_is_wrong_and_no_bug(service: Service[Any]) -> None:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        assert (await client.get("/v1/lanes", headers=[(b"authorization", b"Bearer \xff\xe9")])).status_code == 401


async def take(service: Service[Any], *records: Any) -> None:
    async def commit(offsets: Any) -> None: ...

    held = {TopicPartition(record.topic, record.partition) for record in records}
    service.consuming.subscriber = SimpleNamespace(consumer=SimpleNamespace(assignment=lambda: held, commit=commit))
    await service.consuming.take(SimpleNamespace(raw_message=records))  # type: ignore[arg-type]


async def test_staff_list_show_redrive_and_discard_parked_lanes_without_seeing_their_content(
    service: Service[Any], client: httpx.AsyncClient
) -> None:
    case = new()
    broken = record_of(case, target="canary")
    await take(service, type(broken)(broken.topic, 0, 7, broken.key, b"{", broken.headers))

    [lane] = (await client.get("/v1/lanes", headers=SECRET)).json()
    assert (lane["kind"], lane["error"], lane["waiting"], lane["records"]) == ("quarantine", "Malformed", 1, ["case.referred/0@7"])
    assert (await client.get(f"/v1/lanes/{lane['laneId']}", headers=SECRET)).json() == lane
    again = await client.post(f"/v1/lanes/{lane['laneId']}/redrive", headers=SECRET)
    assert (again.status_code, again.json()["detail"]) == (400, "It failed again (Malformed); the lane waits on.")
    gone = await client.post(f"/v1/lanes/{lane['laneId']}/discard", headers=SECRET)
    assert gone.json()["state"] == "discarded"
    assert (await client.get("/v1/lanes", headers=SECRET)).json() == []
    assert (await client.get(f"/v1/lanes/{new()}", headers=SECRET)).status_code == 404
    assert (await client.get("/v1/lanes?limit=0", headers=SECRET)).status_code == 400


async def test_staff_close_the_breaker(service: Service[Any], client: httpx.AsyncClient) -> None:
    service.breaker.open = True
    assert (await client.get("/health/ready")).status_code == 503

    assert (await client.post("/v1/breaker/reset", headers=SECRET)).status_code == 204

    assert not service.breaker.open
