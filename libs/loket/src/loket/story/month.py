"""Plays the story day by day: partners hand in, clients change their minds, desks work through their lists."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from loket.errors import LoketError
from loket.story.days import Clock, Days
from loket.story.desks import DeskDay
from loket.story.ledger import Ledger, Line
from loket.story.partner import Partners
from loket.story.script import Script, Submission
from loket.story.staff import Staff

AT_ONCE = 24
LONGEST = 75  # days until all visits must have taken place
REMINDERS = (10, 5)  # local time by which the reminders of a day have left


class Month:
    """One month against the running platform."""

    def __init__(self, script: Script, written: list[Submission], days: Days, partners: Partners, staff: Staff, clock: Clock) -> None:
        self._script, self._written, self._days = script, written, days
        self._partners, self._staff, self._clock = partners, staff, clock
        self.ledger = Ledger(script)

    async def play(self, progress: Callable[[date, int], None]) -> Ledger:
        """Every day until the last visit has taken place; `progress` hears of each day and of the submissions in so far."""
        desks, locations = await self._staff.desks(), await self._staff.locations()
        day = self._days.working[0]
        for _ in range(LONGEST):
            await self._morning(day)
            await self._clock.move_to(day, *REMINDERS)
            open_visits = await DeskDay(self._staff, self._clock, self.ledger, desks, locations, day).work()
            progress(day, len(self.ledger.lines))
            if day > self._days.working[-1] and not open_visits and not await self._anything_ahead(desks, day):
                await self._decide_permits(day)
                await self._staff.settled()
                return self.ledger
            day += timedelta(days=1)
        raise LoketError(f"Some visits had not taken place {LONGEST} days after the first submission.")

    async def _morning(self, day: date) -> None:
        await self._clock.move_to(day, 7, 30)
        await self._staff.settled()
        await self._follow_up(day - timedelta(days=1))
        await self._close_a_desk(day + timedelta(days=1))
        number = self._days.number(day)
        if number is not None:
            await _each(self._hand_in, [one for one in self._written if one.working_day == number])
        await self._decide_permits(day)
        await self._staff.settled()

    async def _hand_in(self, submission: Submission) -> None:
        answer = await self._partners.hand_in(submission, self._clock.now())
        if answer.case_id is None:
            self.ledger.wrong.append(f"{submission.service}: a submission was refused with {answer.status}")
            return
        self.ledger.accept(submission, answer.case_id)
        count = len(self.ledger.lines)
        if count % self._script.repeated_every == 0:
            await self._repeat(submission, answer.case_id)
        if count % self._script.malformed_every == 0:
            await self._break(submission)

    async def _repeat(self, submission: Submission, case_id: UUID) -> None:
        again = await self._partners.hand_in(submission, self._clock.now())
        self.ledger.repeated += 1
        if again.case_id != case_id:
            self.ledger.wrong.append(f"{submission.service}: the same submission again was answered {again.status} with another id")

    async def _break(self, submission: Submission) -> None:
        answer = await self._partners.hand_in_broken(submission, self._clock.now())
        self.ledger.refused += 1
        if answer.status != 400:  # noqa: PLR2004
            self.ledger.wrong.append(f"{submission.service}: a broken submission was answered {answer.status}")

    async def _follow_up(self, yesterday: date) -> None:
        """What clients do the day after."""
        number = self._days.number(yesterday)
        if number is None:
            return
        await _each(self._bring_documents, self.ledger.of_turn("missing_document", number))
        await _each(self._cancel, self.ledger.of_turn("cancelled", number))
        await self._staff.settled()
        await _each(self._withdraw, self.ledger.of_turn("cancelled", number))

    async def _bring_documents(self, line: Line) -> None:
        persons: Any = line.submission.data["persons"]
        documents = [{"person": person["number"], "documentType": kind} for person in persons for kind in line.submission.withheld]
        await self._staff.post("intake", f"/v1/cases/{line.case_id}/documents", {"documents": documents})

    async def _cancel(self, line: Line) -> None:
        visit = await self._staff.visit_of(line.case_id)
        if visit is None:
            self.ledger.wrong.append(f"{line.submission.service}: case {line.case_id} has no visit to cancel")
            return
        await self._staff.post(
            "scheduling", f"/v1/visits/{visit['visitId']}/cancel", {"by": "client", "reasonCode": "client_request", "rebook": False}
        )

    async def _withdraw(self, line: Line) -> None:
        await self._staff.post("intake", f"/v1/cases/{line.case_id}/withdraw", {"reasonCode": "client_request"})

    async def _close_a_desk(self, tomorrow: date) -> None:
        closed = self._script.closed_desk
        if self._days.number(tomorrow) != closed.on_working_day:
            return
        broken = {UUID(one["caseId"]) for one in await self._staff.day_lists([closed.desk], tomorrow) if one["state"] == "booked"}
        body = {"locationId": closed.location, "deskId": closed.desk, "date": tomorrow.isoformat(), "reasonCode": closed.reason_code}
        await self._staff.post("scheduling", "/v1/closures", body)
        await self._staff.settled()
        for case in broken:
            self.ledger.replanned(case)

    async def _decide_permits(self, day: date) -> None:
        """The immigration service decides on what the desks have passed to it."""
        waiting = await self._staff.get("intake", "/v1/cases", status="awaiting_decision", pageSize=100)
        for case in waiting["cases"]:
            line = self.ledger.lines.get(UUID(case["id"]))
            if line is None:
                continue
            persons: Any = line.submission.data["persons"]
            for person in persons:
                body = {
                    "person": person["number"],
                    "appliedOn": (day - timedelta(days=9)).isoformat(),
                    "decidedOn": day.isoformat(),
                    "granted": True,
                }
                await self._staff.post("intake", f"/v1/cases/{line.case_id}/permit-decisions", body)

    async def _anything_ahead(self, desks: list[str], day: date) -> bool:
        for n in range(1, 22):
            if any(one["state"] == "booked" for one in await self._staff.day_lists(desks, day + timedelta(days=n))):
                return True
        return False


async def _each(work: Callable[[Any], Awaitable[None]], items: Iterable[Any]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: Any) -> None:
        async with room:
            await work(item)

    await asyncio.gather(*(one(item) for item in items))
