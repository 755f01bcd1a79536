"""Everybody outside: partners that hand in and repeat, clients that change their minds, desks at work, staff that help stuck lanes on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from common.errors import Rejected, Unavailable
from common.events.base import Message as Command
from common.lanes import Kind, Lane, State
from intake.domain.case import Case
from intake.domain.messages import HeldDocument, RecordDocuments, WithdrawCase
from notifications.domain import Message, SendAgain
from notifications.domain import State as MessageState
from scheduling.domain import commands
from scheduling.domain.appointment import Appointment
from scheduling.domain.appointment import State as Appointed
from scheduling.domain.visit import Stage, Visit
from simulation.partners import Counter
from simulation.replica import NoAnswer, SimulatedService

if TYPE_CHECKING:
    from simulation.world import World

NOT_NOW = (NoAnswer, Unavailable)


class People:
    """They know services by their addresses only, ask again when nothing comes back, and look at stores to know what there is to do."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._draw = world.chance.of("people")
        self._counter = Counter(world)

    def begin(self) -> "list[asyncio.Task[None]]":
        """Everybody starts to live."""
        draw = self._draw
        lives: list[Coroutine[Any, Any, None]] = [self._counter.hand_in(number) for number in range(draw.randint(3, 6))]
        lives += [self._at(draw.uniform(25.0, 42.0), self._change_minds), self._at(70.0, self._work_at_desks)]
        lives += [self._counter.hand_in_at_an_edge(), self._resend(), self._help(), self._at(draw.uniform(30.0, 50.0), self._bring_papers)]
        return [asyncio.get_running_loop().create_task(life) for life in lives]

    async def ask(self, service: str, command: Command, patience: int = 60) -> bool:
        """Give a command as the routes do, again and again until there is an answer; whether it was taken."""
        for _ in range(patience):
            place = self._draw.choice(self._world.of(service))
            try:
                await place.call(lambda running: running.context.ask(command))
            except NOT_NOW:
                await asyncio.sleep(self._draw.uniform(0.5, 4.0))
            except Rejected:
                return False
            else:
                self._world.history.note("people", f"{service} has taken {type(command).__name__}", _about(command))
                return True
        return False

    def parked(self) -> list[str]:
        """Every lane that waits for help, but for what is no event."""
        lanes = [lane for store in self._world.stores.values() for lane in store.all(Lane)]
        return [lane.name for lane in lanes if lane.state is State.PARKED and lane.kind is not Kind.QUARANTINE]

    async def redrive(self, *, quietly: bool = False) -> None:
        """Let every parked lane go on, as `loket lanes redrive` does."""
        for service, store in self._world.stores.items():
            for lane in store.all(Lane):
                if lane.state is State.PARKED and lane.kind is not Kind.QUARANTINE:
                    await self._redrive(service, lane)
        if not quietly:
            await asyncio.sleep(self._draw.uniform(3.0, 8.0))

    async def _redrive(self, service: str, lane: Lane) -> None:
        async def drive(running: SimulatedService) -> object:
            return await running.parking.redrive(lane.id, running.consuming.process)

        try:
            await self._draw.choice(self._world.of(service)).call(drive)
            self._world.history.note("people", f"{service} has redriven {lane.name}", lane.name)
        except (*NOT_NOW, Rejected):
            return

    async def _at(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(seconds)
        await work()

    async def _help(self) -> None:
        """The bug is mended at some time, and staff redrive while the storm goes on."""
        await asyncio.sleep(self._draw.uniform(30.0, 110.0))
        self._world.spoiling.mend()
        for _ in range(5):
            await self.redrive()

    async def _bring_papers(self) -> None:
        """Some households bring what was missing; their case is screened again."""
        for case in self._world.stores["intake"].all(Case):
            if case.status == "information_requested" and self._draw.random() < 0.7:
                papers = tuple(HeldDocument(person=1, document_type=one) for one in ("passport", "tenancy"))
                await self.ask("intake", RecordDocuments(case_id=case.id, documents=papers))

    async def _change_minds(self) -> None:
        for visit in self._visits():
            what = self._draw.random()
            rebook = what < 0.15
            if what < 0.25:
                await self.ask("scheduling", commands.CancelVisit(visit_id=visit.id, by="client", reason_code="ill", rebook=rebook))
            elif what < 0.32:
                await self.ask("intake", WithdrawCase(case_id=visit.case_id, reason_code="withdrawn"))
            elif what < 0.4 and visit.appointments:
                await self._of("CancelAppointment", visit, visit.appointments[0], by="client", reason_code="ill")
            elif what < 0.55 and visit.location and visit.day:
                await self._close_for_a_while(visit)

    async def _close_for_a_while(self, visit: Visit) -> None:
        assert visit.location is not None
        assert visit.day is not None
        desk = self._draw.choice((None, visit.appointments[0].desk)) if visit.appointments else None
        place = {"location": visit.location, "day": visit.day, "desk": desk}
        await self.ask("scheduling", commands.CloseDesk(reason_code="strike", **place))  # type: ignore[arg-type]
        if self._draw.random() < 0.5:
            await asyncio.sleep(self._draw.uniform(1.0, 15.0))
            await self.ask("scheduling", commands.LiftClosure(**place))  # type: ignore[arg-type]

    async def _work_at_desks(self) -> None:
        await asyncio.gather(*(self._attend(visit) for visit in self._visits() if visit.stage is Stage.CONFIRMED))

    async def _attend(self, visit: Visit) -> None:
        comes = self._draw.random() < 0.8
        for one in visit.appointments:
            if one.state is not Appointed.BOOKED:
                continue
            if not comes:
                await self._of("RecordNoShow", visit, one, recorded_by="desk-1")
                continue
            await self._of("CheckIn", visit, one, documents_complete=True)
            await self._of("StartAppointment", visit, one)
            await self._of("CompleteAppointment", visit, one, outcome="settled", follow_up_needed=False)

    async def _of(self, name: str, visit: Visit, appointment: Appointment, **more: Any) -> None:
        command = getattr(commands, name)(visit_id=visit.id, appointment_id=appointment.id, **more)
        await self.ask("scheduling", command)
        if self._draw.random() < 0.2:
            await self.ask("scheduling", command)

    async def _resend(self) -> None:
        """Staff take it on themselves that some letters may come twice."""
        for _ in range(8):
            await asyncio.sleep(10.0)
            for message in self._world.stores["notifications"].all(Message):
                if message.state is MessageState.UNKNOWN and self._draw.random() < 0.3:
                    await self._send_again(message.id)

    async def _send_again(self, message_id: UUID) -> None:
        self._world.ledger.resent[message_id] += 1
        await self.ask("notifications", SendAgain(message_id=message_id), patience=1)

    def _visits(self) -> list[Visit]:
        visits: list[Visit] = self._world.stores["scheduling"].all(Visit)
        return sorted(visits, key=lambda visit: visit.requested_at + timedelta(microseconds=visit.id.int % 1000))


def _about(command: Command) -> str | None:
    for field in ("visit_id", "case_id", "message_id"):
        if hasattr(command, field):
            return str(getattr(command, field))
    return None
