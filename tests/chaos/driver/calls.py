"""Calls to the services: each is in the ledger before it is made, and what came of it after."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from chaos.ledger import Ledger
from loket.tokens import Badges

PATIENCE = 8.0  # seconds, the wait for a free line included
LINES = 48
"""To one process at the same time. A pool looks through all its connections at each request, and hundreds wait for one that stands."""


class Lines:
    """Connections to the processes, to each its own."""

    def __init__(self, addresses: dict[str, list[str]]) -> None:
        limits = httpx.Limits(max_connections=LINES, max_keepalive_connections=LINES)
        known = [one for replicas in addresses.values() for one in replicas]
        self._clients = {one: httpx.AsyncClient(base_url=one, timeout=PATIENCE, limits=limits, trust_env=False) for one in known}
        self._free = {one: asyncio.Semaphore(LINES) for one in known}

    async def ask(self, address: str, method: str, path: str, **more: Any) -> httpx.Response:
        """An answer; raises TransportError when there is none in time."""
        try:
            async with asyncio.timeout(PATIENCE), self._free[address]:
                return await self._clients[address].request(method, path, **more)
        except TimeoutError as error:
            raise httpx.PoolTimeout("no answer in time") from error

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))


@asynccontextmanager
async def lines_to(addresses: dict[str, list[str]]) -> AsyncIterator[Lines]:
    """Open while the block runs."""
    lines = Lines(addresses)
    try:
        yield lines
    finally:
        await lines.close()


@dataclass(frozen=True)
class Came:
    """What came of a call."""

    phase: str
    status: int | None = None
    body: Any = None

    @property
    def ok(self) -> bool:
        return self.phase == "ok"


@dataclass
class Calls:
    """Goes to any replica of a service, with a token of the role that a call is for."""

    lines: Lines
    addresses: dict[str, list[str]]
    badges: Badges
    ledger: Ledger
    draw: Random
    count: dict[str, int] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    async def submit(self, about: dict[str, Any], headers: dict[str, str], body: bytes) -> Came:
        """Hand in what a partner has signed."""
        return await self.make({"kind": "submit", "service": "intake", **about}, "POST", "/v1/events", content=body, headers=headers)

    async def act(self, kind: str, service: str, role: str, path: str, body: Any = None, **about: str) -> Came:
        """Do what a person does."""
        headers = {"authorization": f"Bearer {self.badges.of(role)}"}
        return await self.make({"kind": kind, "service": service, **about}, "POST", path, json=body or {}, headers=headers)

    async def look(self, service: str, role: str, path: str, **query: Any) -> Any:
        """What a route says; None when it says nothing of use. Nothing is changed by it, so it is in no ledger."""
        headers = {"authorization": f"Bearer {self.badges.of(role)}"}
        try:
            answer = await self.lines.ask(self._somewhere(service), "GET", path, params=query, headers=headers)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == httpx.codes.OK else None

    async def make(self, about: dict[str, Any], method: str, path: str, **more: Any) -> Came:
        """One call with its two lines."""
        number = next(self._numbers)
        await self.ledger.noted(n=number, phase="invoked", **about)
        came = await self._ask(self._somewhere(about["service"]), method, path, **more)
        line: dict[str, Any] = {"n": number, "phase": came.phase, "status": came.status}
        if about["kind"] == "submit" and came.ok:
            line["case_id"] = came.body["id"]
        await self.ledger.noted(**line)
        self._count(f"{about['kind']} {came.phase}")
        return came

    async def _ask(self, address: str, method: str, path: str, **more: Any) -> Came:
        try:
            answer = await self.lines.ask(address, method, path, **more)
            body = answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError):
            return Came("unknown")
        if answer.is_success:
            return Came("ok", answer.status_code, body)
        return Came("refused" if answer.is_client_error else "unknown", answer.status_code, body)

    def _somewhere(self, service: str) -> str:
        return self.draw.choice(self.addresses[service])

    def _count(self, what: str) -> None:
        self.count[what] = self.count.get(what, 0) + 1
