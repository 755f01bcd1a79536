"""A service with the routes that every service has, and somebody who asks it with any header."""

from typing import Any

import httpx
from worlds.web_toy import made

from common.clock import Clock
from common.service import Service
from common.testing.memory import MemoryStore
from common.testing.service import offline


def lane_service(store: MemoryStore, clock: Clock, **parts: Any) -> Service[Any]:
    return offline(made(**parts), store, clock)[0]


async def asked(service: Service[Any], given: list[str]) -> httpx.Response:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        return await client.get("/v1/lanes", headers=[("authorization", value) for value in given])
