"""What the tests of the HTTP side share."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chassis import NOW, FakePublisher
from worlds.web_toy import made

from common.service import Service
from common.testing.issuer import Badge
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


@pytest.fixture
async def service() -> Service[Any]:
    return Service(made(), store=MemoryStore(), clock=StoppedClock(NOW), publisher=FakePublisher())


@pytest.fixture
async def client(service: Service[Any]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket", auth=Badge(service.clock, "ops")) as made_client:
        yield made_client
