"""Desks and staff, day after day of the shared clock: people come or do not, change their minds, bring papers; desks close."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from chaos.driver.calls import Calls, Came
from chaos.driver.partners import Partners, Taken
from chaos.region import HALLS
from chaos.shifting import forward
from common.clock import ShiftedClock

ZONE = ZoneInfo("Europe/Amsterdam")
MORNING, EVENING = time(8), time(18, 30)
AT_ONCE = 4
SERVED, CHANGED, LISTS = 40, 12, 10
"""Appointments served, cases whose people change something, and day lists looked at, on a day of the clock."""
Appointment = dict[str, Any]
T = TypeVar("T")


@dataclass
class People:
    """A day of the clock takes `seconds` of the machine's."""

    calls: Calls
    partners: Partners
    clock: ShiftedClock
    clock_file: Path
    desks: list[str]
    draw: Random
    seconds: float
    _seen: set[str] = field(default_factory=set)

    async def live(self, ends: float) -> None:
        """Until that moment of the loop's clock."""
        loop = asyncio.get_running_loop()
        while loop.time() < ends:
            began, today = loop.time(), self.today() + timedelta(days=1)
            self.move_to(today, MORNING)
            await self._in_time(self._morning, today, began + self.seconds / 2)
            self.move_to(today, EVENING)
            await self._in_time(self._evening, today, began + self.seconds)

    def today(self) -> date:
        """By the clock that the services go by, where the desks are."""
        return self.clock.now().astimezone(ZONE).date()

    def move_to(self, day: date, hour: time) -> None:
        """Let it be that local time, where it is not later already."""
        step = datetime.combine(day, hour, ZONE).astimezone(UTC) - self.clock.now()
        if step >= timedelta(seconds=1):
            forward(self.clock_file, step + timedelta(seconds=1))

    async def _in_time(self, work: Callable[[date], Awaitable[None]], today: date, ends: float) -> None:
        """A part of the day has its length: what is not done by then is left."""
        left = ends - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.1, left)):
                await work(today)
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, ends - asyncio.get_running_loop().time()))

    async def _morning(self, today: date) -> None:
        """Before the desks open: people call, staff help."""
        fresh = [one for case, one in list(self.partners.taken.items()) if case not in self._seen]
        self._seen |= {one.case_id for one in fresh}
        lacking = [one for one in fresh if one.lacking and self.draw.random() < 0.7]
        await self._each(self._bring_papers, lacking[:CHANGED])
        known = list(self.partners.taken.values())
        await self._each(self._change_mind, self.draw.sample(known, min(CHANGED, len(known))))
        if self.draw.random() < 0.4:
            await self._close_a_desk(today + timedelta(days=self.draw.randint(1, 3)))
        await self._send_again()
        await self._help_lanes(limit=3)

    async def _evening(self, today: date) -> None:
        """When the desks have closed: what happened there is written down."""
        lists = [
            await self.calls.look("scheduling", "desk", f"/v1/desks/{desk}/day", date=today.isoformat()) for desk in self._some_desks()
        ]
        booked = [one for found in lists if found for one in found["appointments"] if one["state"] == "booked"]
        self.draw.shuffle(booked)
        await self._each(self._attend, booked[:SERVED])

    def _some_desks(self) -> list[str]:
        return self.draw.sample(self.desks, min(LISTS, len(self.desks)))

    async def _each(self, work: Callable[[T], Awaitable[Any]], what: Iterable[T]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(about: T) -> None:
            async with room:
                await work(about)

        await asyncio.gather(*map(one, what))

    async def _attend(self, one: Appointment) -> None:
        if self.draw.random() < 0.15:
            await self._of(one, "no-show", {"recordedBy": "desk"})
            return
        for what, body in (("check-in", {"documentsComplete": True}), ("call", None), ("start", None), ("complete", SETTLED)):
            came = await self._of(one, what, body)
            if not came.ok or self.draw.random() < 0.05:  # some are called away in the middle
                return

    async def _of(self, one: Appointment, what: str, body: Any = None) -> Came:
        """Somebody who gets no answer presses again, twice at most."""
        path = f"/v1/visits/{one['visitId']}/appointments/{one['appointmentId']}/{what}"
        about = {"visit_id": one["visitId"], "appointment_id": one["appointmentId"], "case_id": one["caseId"]}
        for _ in range(3):
            came = await self.calls.act(what.replace("-", "_"), "scheduling", "desk", path, body, **about)
            if came.phase != "unknown":
                break
            await asyncio.sleep(1)
        return came

    async def _bring_papers(self, one: Taken) -> None:
        papers = [{"person": n, "documentType": kind} for n in range(1, one.persons + 1) for kind in one.lacking]
        await self._case(one, "document", "documents", {"documents": papers})

    async def _change_mind(self, one: Taken) -> None:
        what = self.draw.random()
        if what < 0.3:
            await self._case(one, "withdraw", "withdraw", {"reasonCode": "client_request"})
            return
        found = await self.calls.look("scheduling", "desk", "/v1/visits", case=one.case_id)
        if found:
            body = {"by": "client", "reasonCode": "client_request", "rebook": what < 0.6}
            path = f"/v1/visits/{found[0]['visitId']}/cancel"
            await self.calls.act("cancel", "scheduling", "desk", path, body, visit_id=found[0]["visitId"], case_id=one.case_id)

    async def _case(self, one: Taken, kind: str, path: str, body: Any) -> None:
        await self.calls.act(kind, "intake", "case-worker", f"/v1/cases/{one.case_id}/{path}", body, case_id=one.case_id)

    async def _close_a_desk(self, day: date) -> None:
        hall = self.draw.randrange(1, HALLS)
        body = {"locationId": f"hall_{hall}", "deskId": f"hall_{hall}.municipality.0", "date": day.isoformat(), "reasonCode": "strike"}
        await self.calls.act("close_desk", "scheduling", "case-worker", "/v1/closures", body)

    async def _send_again(self) -> None:
        """Staff take it on themselves that a letter may come twice."""
        found = await self.calls.look("notifications", "case-worker", "/v1/messages", state="unknown", pageSize=20)
        for one in (found or {"items": []})["items"]:
            if self.draw.random() < 0.3:
                id_ = one["messageId"]
                await self.calls.act("send_again", "notifications", "case-worker", f"/v1/messages/{id_}/send-again", message_id=id_)

    async def _help_lanes(self, limit: int) -> None:
        """Redrive while the storm goes on; what is no event is left where it is."""
        for service in self.calls.addresses:
            lanes = await self.calls.look(service, "ops", "/v1/lanes", limit=1000) or []
            for lane in [one for one in lanes if one["kind"] != "quarantine"][:limit]:
                await self.redrive(service, lane)

    async def redrive(self, service: str, lane: dict[str, Any]) -> Came:
        """Let a lane go on."""
        return await self.calls.act("redrive", service, "ops", f"/v1/lanes/{lane['laneId']}/redrive", lane_id=lane["laneId"])


SETTLED = {"outcome": "settled", "followUpNeeded": False}
