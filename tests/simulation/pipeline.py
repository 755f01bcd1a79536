"""A calm world in which everything that people hand in goes through the real routes, and must come to its end in all four services."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from common.access import guard
from common.access.scopes import EVERY, SCOPES
from common.access.tokens import Caller
from common.lanes import Lane
from reporting.domain import Fact
from scheduling.domain.visit import Visit
from simulation.chance import Weather
from simulation.invariants import (
    Wrong,
    cases_have_come_to_their_end,
    every_service_has_settled_every_event,
    figures_are_the_log,
    messages_are_settled,
    no_slot_is_given_twice,
    the_log_is_what_was_saved,
    visits_settle_everything,
)
from simulation.loop import Stuck
from simulation.partners import SOURCES, STRUCTURED
from simulation.replica import SimulatedService
from simulation.world import Undrained, World, prepare

HELD = (
    the_log_is_what_was_saved, every_service_has_settled_every_event, no_slot_is_given_twice, visits_settle_everything,
    messages_are_settled, figures_are_the_log, cases_have_come_to_their_end,
)  # fmt: skip
TO_THE_END = timedelta(days=900)
"""Beyond the latest day that may be wished for."""


class HandedIn(NamedTuple):
    """An event of a partner: the last part of its type, and its data."""

    partner: str
    kind: str
    data: Mapping[str, Any]


class Asked(NamedTuple):
    """A request of staff; `{visit}`, `{appointment}` and `{case}` in its path are those of the visit of that number."""

    service: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    visit: int = 0


class Seen(NamedTuple):
    """What came of it: how each request was answered, what is wrong, and the facts that reporting has kept."""

    statuses: list[int]
    wrong: list[Wrong]
    facts: list[Fact]


def carry(handed_in: list[HandedIn], asked: list[Asked], label: str = "one") -> Seen:
    """Hand in, plan, let staff act, let all time pass, and see what is left."""
    world, patch = Pipeline(), pytest.MonkeyPatch()
    prepare(world, patch)
    patch.setattr(guard, "_caller", _anybody)
    try:
        try:
            world.loop.run_until_complete(world.carry(handed_in, asked, label))
        except (Undrained, Stuck) as error:
            return Seen(world.statuses, [(None, str(error)), *world.left_behind()], [])
        wrong = [*world.left_behind(), *(one for invariant in HELD for one in invariant(world))]
        return Seen(world.statuses, wrong, world.stores["reporting"].all(Fact))
    finally:
        world.history.closed = True
        world.loop.end()
        patch.undo()


async def _anybody(request: Request) -> Caller:
    every = frozenset({EVERY})
    return Caller("fuzz", frozenset(SCOPES), request.headers.get("loket-partner"), every, every)


class Pipeline(World):
    """No fault befalls it, letters are really written, and nobody helps a lane that is stuck."""

    plain = False

    def __init__(self) -> None:
        super().__init__(1, is_narrow=False)
        self.chance.calm, self.chance.weather = True, Weather()
        self.spoiling.mend()
        self.statuses: list[int] = []

    async def carry(self, handed_in: list[HandedIn], asked: list[Asked], label: str) -> None:
        """From the first request to the end of time."""
        for group in self.groups.values():
            asyncio.get_running_loop().create_task(group.watch())
        for replica in self.replicas:
            replica.boot_later(0.0, 1.0)
        await asyncio.sleep(5.0)
        for number, one in enumerate(handed_in):
            event = {"specversion": "1.0", "id": f"{label}-{number}", "source": SOURCES[one.partner], "data": one.data}
            event["type"] = f"nl.arbeidsmarktdiensten.{one.kind}.v1"
            await self._ask("intake", "POST", "/v1/events", event, {**STRUCTURED, "loket-partner": one.partner})
        await self._drain("after it was handed in", _nobody)
        for request in asked:
            await self._ask(request.service, request.method, self._addressed(request), request.body, {})
        await self._drain("after staff have acted", _nobody)
        self._jump(self._day_after())
        await self._drain("after the visits", _nobody)
        self._jump(self.now() + TO_THE_END)
        await self._drain("at the end of time", _nobody)

    def left_behind(self) -> Iterator[Wrong]:
        """Answers that are mistakes of ours, lanes that wait for help, bytes in quarantine, breakers that are open."""
        yield from ((None, f"a request was answered with {status}") for status in self.statuses if status >= 500)
        for service, store in self.stores.items():
            yield from ((lane.name, f"{service} has a lane of {lane.kind} that is {lane.state} ({lane.error})") for lane in store.all(Lane))
        yield from ((None, f"the breaker of {one.name} is open") for one in self.replicas if one.up and one.service.breaker.open)

    def _addressed(self, request: Asked) -> str:
        visits: list[Visit] = sorted(self.stores["scheduling"].all(Visit), key=lambda visit: visit.id.int)
        if not visits:
            return request.path.format(visit=_NOBODY, appointment=_NOBODY, case=_NOBODY)
        visit = visits[request.visit % len(visits)]
        appointment = visit.appointments[0].id if visit.appointments else _NOBODY
        return request.path.format(visit=visit.id, appointment=appointment, case=visit.case_id)

    async def _ask(self, service: str, method: str, path: str, body: object, headers: Mapping[str, str]) -> None:
        place = self.of(service)[0]
        while not place.up:
            await asyncio.sleep(0.5)
        self.statuses.append(await place.call(lambda running: _call(running, method, path, body, {"authorization": "x", **headers}), 60.0))
        self.history.note("people", f"{method} {path} is answered with {self.statuses[-1]}")


_NOBODY = "00000000-0000-5000-8000-000000000000"


async def _nobody() -> None:
    """Nobody helps."""


async def _call(running: SimulatedService, method: str, path: str, body: object, headers: Mapping[str, str]) -> int:
    """The status with which a service answers a request, by ASGI."""
    content, address, sent = b"" if body is None else json.dumps(body).encode(), urlsplit(path), []
    named = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "server": ("loket", 80), "client": ("fuzz", 1),
        "method": method, "path": address.path, "raw_path": address.path.encode(), "query_string": address.query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await running.app(scope, receive, send)
    return int(sent[0]["status"])
