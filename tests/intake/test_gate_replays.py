"""Captured requests that are sent again have no second effect: within the window they get the old answer, afterwards none."""

import json
from collections import Counter
from datetime import timedelta

from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from intake.app import build
from intake.domain.case import Case
from intake.settings import Settings

from .bench import NOW, REGION, STRUCTURED, Desk, Lines, event, signed

CAPTURED, REPLAYS = 25, 10_000


async def send(app, headers, body):
    """As a server would call the application; a client in between would take most of the time."""
    said = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": b"",
        "root_path": "",
        "server": ("intake", 80),
        "client": ("partner", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def sent(message):
        said.append(message)

    await app(scope, receive, sent)
    return said[0]["status"], said[1]["body"]


async def test_ten_thousand_replays_have_no_second_effect(secrets, clock, fast_track):
    settings = Settings(region_path=REGION.parent, **issuer_settings(), partner_secrets_path=secrets, partner_burst=20_000)
    service, listening = offline(build(settings), MemoryStore(), clock)
    service.context.log = Lines()
    await service.relay.start()
    desk = Desk(service, None)
    bodies = [json.dumps(event(fast_track(), str(number))).encode() for number in range(CAPTURED)]
    captured = [({**STRUCTURED, **signed(body, str(number))}, body) for number, body in enumerate(bodies)]
    first = [await send(service.app, *request) for request in captured]
    await desk.settle()
    told, kept = len(listening.records), await service.store.find(Case, {})
    assert {status for status, _ in first} == {202}

    fresh = [await send(service.app, *captured[number % CAPTURED]) for number in range(REPLAYS // 2)]
    clock.forward(timedelta(seconds=301))
    stale = [await send(service.app, *captured[number % CAPTURED]) for number in range(REPLAYS // 2)]
    await desk.settle()

    assert all(answer == first[number % CAPTURED] for number, answer in enumerate(fresh))
    assert Counter(status for status, _ in stale) == {401: REPLAYS // 2}
    assert len(listening.records) == told
    assert await service.store.find(Case, {}) == kept
    assert clock.now() == NOW + timedelta(seconds=301)
    await service.relay.stop()
