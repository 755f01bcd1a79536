"""Calls to the services: each is in the ledger before it is made, and what came of it after."""

import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from chaos.ledger import Ledger
from loket.tokens import Badges


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

    client: httpx.AsyncClient
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
            answer = await self.client.get(self._somewhere(service) + path, params=query, headers=headers)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == httpx.codes.OK else None

    async def make(self, about: dict[str, Any], method: str, path: str, **more: Any) -> Came:
        """One call with its two lines."""
        number = next(self._numbers)
        await self.ledger.noted(n=number, phase="invoked", **about)
        came = await self._ask(method, self._somewhere(about["service"]) + path, **more)
        line: dict[str, Any] = {"n": number, "phase": came.phase, "status": came.status}
        if about["kind"] == "submit" and came.ok:
            line["case_id"] = came.body["id"]
        await self.ledger.noted(**line)
        self._count(f"{about['kind']} {came.phase}")
        return came

    async def _ask(self, method: str, address: str, **more: Any) -> Came:
        try:
            answer = await self.client.request(method, address, **more)
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
