"""A service without Kafka: its HTTP side over a store in memory, events delivered by hand."""

import asyncio
from datetime import datetime
from typing import Any, TypeVar

from fastapi import FastAPI

from common.blueprint import Blueprint
from common.clock import Clock
from common.cloudevents import Outgoing
from common.service import Service
from common.testing.memory import MemoryStore

P = TypeVar("P")


class Listening:
    """Stands in for Kafka: keeps what is published."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []
        self.written: dict[tuple[str, int], int] = {}

    async def send(self, records: list[Outgoing]) -> None:
        self.records += records

    async def send_again(self, since: datetime) -> int:  # noqa: ARG002 - as the real one
        """Nothing gets lost here."""
        return 0


def offline(blueprint: Blueprint[P], store: MemoryStore, clock: Clock) -> tuple[Service[P], Listening]:
    """A service that neither consumes nor produces; `await service.relay.start()` carries out its steps."""
    listening = Listening()
    return Service(blueprint, store=store, clock=clock, publisher=listening), listening


def app(blueprint: Blueprint[Any], store: MemoryStore, clock: Clock) -> tuple[FastAPI, Any]:
    """The FastAPI app of a service, and a coroutine function that waits until all its steps are carried out."""
    service, _ = offline(blueprint, store, clock)

    async def settle() -> None:
        while not service.relay.idle():  # noqa: ASYNC110 - a test waits, nothing else runs
            await asyncio.sleep(0.001)

    return service.app, settle
