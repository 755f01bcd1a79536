"""Every route of every service asks who is there; the few that do not are named here."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

import intake.app
import intake.settings
import notifications.app
import notifications.settings
import reporting.app
import reporting.settings
import scheduling.app
import scheduling.settings
from common.service import Service
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import StoppedClock

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"
ANYBODY = {"/health/live", "/health/ready", "/health/started", "/metrics"}
SIGNED = {"/v1/events", "/v1/submissions/{submission_id}"}
MODULES = {"intake": intake, "scheduling": scheduling, "notifications": notifications, "reporting": reporting}
SOME_ID = "00000000-0000-0000-0000-000000000000"


@cache
def service(name: str) -> Service[Any]:
    module = MODULES[name]
    settings = module.settings.Settings(staff_secret="a-staff-secret-for-tests", region_path=REGION, environment="test", log_level="error")
    made, _ = offline(module.app.build(settings), MemoryStore(), StoppedClock(datetime(2026, 11, 30, tzinfo=UTC)))
    return made


def guarded_routes() -> list[tuple[str, str, str]]:
    """Service, method and path of every route that is not for anybody."""
    return [
        (name, method.upper(), path)
        for name in MODULES
        for path, methods in service(name).app.openapi()["paths"].items()
        if path not in ANYBODY
        for method in methods
    ]


@pytest.mark.parametrize(("name", "method", "path"), guarded_routes())
@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong-secret-of-some-length"}, {"authorization": "Basic YTpi"}],
    ids=["none", "wrong", "basic"],
)
async def test_a_route_refuses_whoever_does_not_say_who_is_there(name: str, method: str, path: str, headers: dict[str, str]) -> None:
    place = path
    for part in [part for part in path.split("/") if part.startswith("{")]:
        place = place.replace(part, SOME_ID)
    transport = httpx.ASGITransport(app=service(name).app)

    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        answer = await client.request(method, place, headers=headers, json={})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_walk_meets_every_service_and_the_partner_gateway() -> None:
    walked = guarded_routes()

    assert {name for name, _, _ in walked} == set(MODULES)
    assert {path for _, _, path in walked} >= SIGNED
    assert len(walked) > 50


@pytest.mark.parametrize("name", MODULES)
async def test_what_is_for_anybody_holds_no_secret(name: str) -> None:
    transport = httpx.ASGITransport(app=service(name).app)

    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        answers = [await client.get(path) for path in ANYBODY]

    assert all("a-staff-secret" not in answer.text for answer in answers)
