"""A day at the desks: people check in, are called, served and done; those who do not come are recorded by somebody."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from loket.story.days import ZONE, Clock
from loket.story.ledger import Ledger
from loket.story.staff import Staff, moment

HALF_HOUR = timedelta(minutes=30)
OPENS, CLOSES = 8, 20  # local hours
Appointment = dict[str, Any]


class DeskDay:
    """All desks on one day."""

    def __init__(self, staff: Staff, clock: Clock, ledger: Ledger, desks: list[str], locations: list[str], day: date) -> None:
        self._staff, self._clock, self._ledger = staff, clock, ledger
        self._desks, self._locations, self._day = desks, locations, day
        self._under_way: list[Appointment] = []

    async def work(self) -> int:
        """Work through the lists of the day; how many appointments there were."""
        planned = [one for one in await self._staff.day_lists(self._desks, self._day) if one["state"] == "booked"]
        if not planned:
            return 0
        coming = [one for one in planned if self._turn(one) != "no_show"]
        for at in self._half_hours(coming):
            await self._clock.move_to(self._day, at.hour, at.minute)
            await self._complete(one for one in self._under_way if moment(one["endsAt"]) <= at)
            await self._serve(one for one in coming if at - HALF_HOUR < moment(one["startsAt"]) <= at)
        await self._record_absences()
        await self._staff.settled()
        await self._register_numbers(coming)
        return len(planned)

    def _half_hours(self, coming: list[Appointment]) -> list[datetime]:
        """The half hours at which somebody comes or is done, and the end of the day."""
        first = datetime.combine(self._day, time(OPENS), ZONE)
        busy = {-((first - moment(one[end])) // HALF_HOUR) for one in coming for end in ("startsAt", "endsAt")}
        return [first + n * HALF_HOUR for n in sorted(busy | {2 * (CLOSES - OPENS)})]

    async def _serve(self, arriving: Iterable[Appointment]) -> None:
        now_here = list(arriving)
        await asyncio.gather(*(self._receive(one) for one in now_here))
        self._under_way += now_here

    async def _receive(self, one: Appointment) -> None:
        await self._do(one, "check-in", {"documentsComplete": True})
        await self._do(one, "call")
        await self._do(one, "start")

    async def _complete(self, ended: Iterable[Appointment]) -> None:
        done = list(ended)
        await asyncio.gather(*(self._do(one, "complete", {"outcome": "settled", "followUpNeeded": False}) for one in done))
        self._under_way = [one for one in self._under_way if one not in done]

    async def _record_absences(self) -> None:
        for location in self._locations:
            for one in await self._staff.get("scheduling", "/v1/appointments/outcome-pending", location=location, limit=1000):
                if self._turn(one) == "no_show":
                    await self._do(one, "no-show", {"recordedBy": "desk"})
                else:
                    self._ledger.wrong.append(f"appointment {one['appointmentId']} ended without anybody there")

    async def _register_numbers(self, served: list[Appointment]) -> None:
        """Who is registered gets a citizen service number; only that and when is written down."""
        registered = [one for one in served if "brp_first_registration" in one["products"]]
        bodies = [(one["caseId"], {"person": person, "issuedOn": self._day.isoformat()}) for one in registered for person in one["persons"]]
        await asyncio.gather(*(self._staff.post("intake", f"/v1/cases/{case}/bsn-issued", body) for case, body in bodies))

    def _turn(self, one: Appointment) -> str:
        line = self._ledger.lines.get(UUID(one["caseId"]))
        return line.submission.turn if line else "foreign"

    async def _do(self, one: Appointment, what: str, body: dict[str, Any] | None = None) -> None:
        await self._staff.post("scheduling", f"/v1/visits/{one['visitId']}/appointments/{one['appointmentId']}/{what}", body)
