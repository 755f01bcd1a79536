"""Clients that book, move and give up visits, and write down every call: when it was made, when it was answered, and what was seen."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

Ask = Callable[[str, str, Any], Awaitable[tuple[int, Any]]]
"""Method, path and body to status and answer; raises `OSError` where no answer comes."""
SETTLED = frozenset({"confirmed", "deferred", "cancelled"})
GIVES_UP = 0.1  # of those who have a time give it up, so that slots have more than one owner
PATIENCE = 2.0  # seconds until the outcome of a booking counts as unknown


class Call(NamedTuple):
    """One call, and the visit as it was answered; `status` is 0 where no answer came, moments are CLOCK_MONOTONIC."""

    kind: str
    visit: str
    invoked: float
    answered: float
    status: int
    revision: int = 0
    stage: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    """Desk and start of each appointment."""


class Client:
    """One after the other, over some households of its own; each call goes to either replica."""

    def __init__(self, asks: Sequence[Ask], visits: Sequence[UUID], days: Sequence[str], seed: int) -> None:
        self._asks, self._days, self._chance = asks, days, Random(seed)
        self._last = {str(visit): Call("", str(visit), 0, 0, 0) for visit in visits}
        self.ledger: list[Call] = []
        self.unknown = 0

    async def attempt(self) -> None:
        """One attempt to book a day for a household, or to move it to that day; where it has a time, at times that is given up first."""
        visit = self._chance.choice([*self._last])
        if self._last[visit].stage == "confirmed" and self._chance.random() < GIVES_UP:
            # Any day will do again: without `notBefore` only later ones than the day given up would.
            body = {"by": "client", "reasonCode": "ill", "rebook": True, "notBefore": self._days[0]}
            await self._call("give-up", visit, "POST", "/cancel", body)
            await self._outcome(visit)
        call = await self._call("book", visit, "POST", "/plan", {"locationId": "hall", "day": self._chance.choice(self._days)})
        if call.status == 200:
            await self._outcome(visit)

    async def look(self) -> None:
        """See once more what has become of everybody."""
        for visit in self._last:
            await self._call("look", visit, "GET", "", None)

    async def last_call(self) -> None:
        """Whoever still waits asks for every day once."""
        for visit in self._last:
            for day in self._days:
                if self._last[visit].stage == "deferred":
                    await self._call("book", visit, "POST", "/plan", {"locationId": "hall", "day": day})
                    await self._outcome(visit)

    async def _outcome(self, visit: str) -> None:
        until, pause = monotonic() + PATIENCE, 0.002
        while self._last[visit].stage not in SETTLED:
            if monotonic() > until:
                self.unknown += 1
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)
            await self._call("look", visit, "GET", "", None)

    async def _call(self, kind: str, visit: str, method: str, path: str, body: Any) -> Call:
        invoked = monotonic()
        try:
            status, answer = await self._chance.choice(self._asks)(method, f"/v1/visits/{visit}{path}", body)
        except OSError:
            status, answer = 0, None
        call = Call(kind, visit, invoked, monotonic(), status)
        if status == 200:
            slots = tuple((one["deskId"], one["startsAt"]) for one in answer["appointments"])
            call = self._last[visit] = call._replace(revision=answer["revision"], stage=answer["stage"], slots=slots)
        self.ledger.append(call)
        return call


async def play(clients: Sequence[Client], attempts: int) -> float:
    """All of them at once until so many attempts are made; gives the seconds."""
    left, began = iter(range(attempts)), monotonic()

    async def work(client: Client) -> None:
        for _ in left:
            await client.attempt()

    await asyncio.gather(*map(work, clients))
    return monotonic() - began
