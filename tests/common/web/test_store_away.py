"""A store that goes away shows on a gauge and in the log, once, whether or not there is work; and so does its return."""

import asyncio
from typing import Any

import pytest

from common import probing, watch
from common.errors import Unavailable
from common.service import Service

TURNS = 10_000
"""Of the loop, in which whatever is said must have been said."""


class Lines:
    """A log that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, event: str, **_more: Any) -> None:
        self.said.append(event)

    warning = info


@pytest.fixture
async def watched(service: Service[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A service that is ready, and is looked at without pause."""
    monkeypatch.setattr(probing, "FRESH", 0.0)
    monkeypatch.setattr(watch, "EVERY", 0.0)
    monkeypatch.setattr(watch, "STORE_EVERY", 0.0)
    service.log = Lines()
    service.consuming.assigned.set()
    service.consuming.connection.answered_at = asyncio.get_running_loop().time()
    watching = asyncio.create_task(watch.watch(service))
    yield service
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def until_said(service: Any, word: str) -> None:
    for _ in range(TURNS):
        if word in service.log.said:
            return
        await asyncio.sleep(0)
    raise AssertionError(service.log.said)


async def test_it_is_said_once_when_the_store_goes_and_when_it_is_back(watched: Any) -> None:
    await until_said(watched, "ready")
    there, gauge = watched.store.probe, watched.metrics.store_connected._value

    async def away() -> None:
        raise Unavailable("The store is away.")

    watched.store.probe = away
    await until_said(watched, "not ready")
    assert (gauge.get(), watched.log.said.count("not ready")) == (0, 1)

    watched.store.probe = there
    watched.log.said.clear()
    await until_said(watched, "ready")
    assert (gauge.get(), watched.log.said) == (1, ["ready"])
