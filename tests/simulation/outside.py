"""What services reach beside their store: the way to the log, the mail provider, and figures that need no database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.cloudevents import Outgoing
from common.errors import Unavailable
from notifications.domain import Delivery, Outcome
from notifications.ports import Letter
from reporting.domain import Fact, Figure, Period, Running
from simulation.history import History
from simulation.log import SimulatedLog
from simulation.stores import Line


class SimulatedPublisher:
    """As the real one: records of one call keep their order, and what was not acknowledged may have arrived, also later."""

    def __init__(self, log: SimulatedLog, line: Line) -> None:
        self._log, self._line = log, line
        self.written: dict[tuple[str, int], int] = {}
        self._chance = line.chance
        self._draw = line.chance.of(f"{line.name}/pace")

    async def send(self, records: list[Outgoing]) -> None:
        await asyncio.sleep(self._draw.uniform(0.001, 0.03))
        self._line.refuse_the_dead()
        weather = self._chance.weather
        if self._chance.strikes(f"{self._line.name} refused", weather.refused):
            raise Unavailable("Kafka has not acknowledged.")
        if self._chance.strikes(f"{self._line.name} late", weather.late):
            self._line.arrive_later(self._draw.uniform(0.1, 20.0), self._append, records)
            raise Unavailable("Kafka has not acknowledged.")
        self._append(records)
        await asyncio.sleep(self._draw.uniform(0.001, 0.03))
        if self._chance.strikes(f"{self._line.name} answer lost", weather.lost):
            raise Unavailable("Kafka has not acknowledged.")

    async def send_again(self, since: datetime) -> int:
        return 0  # the simulated log loses nothing

    def _append(self, records: list[Outgoing]) -> None:
        for record in records:
            self._log.append(self._line.process.name, record)


class MailProvider:
    """Keeps what it has accepted; it does not know a letter again."""

    def __init__(self, history: History) -> None:
        self.accepted: Counter[UUID] = Counter()
        self._history = history

    def accept(self, letter: Letter) -> None:
        self.accepted[letter.message_id] += 1
        self._history.note("mail provider", "accepts the letter", str(letter.message_id))


class SimulatedMailer:
    """The mailer port of one process, with a few connections."""

    away: str | None = None

    def __init__(self, provider: MailProvider, line: Line) -> None:
        self._provider, self._line, self._connections = provider, line, asyncio.Semaphore(8)
        self._draw = line.chance.of(f"{line.name}/pace")

    @asynccontextmanager
    async def held(self) -> AsyncIterator["SimulatedMailer"]:
        async with self._connections:
            yield self

    def stands_still(self) -> bool:
        return False

    async def send(self, letter: Letter) -> Delivery:
        chance, name, mail = self._line.chance, self._line.name, self._line.chance.weather.mail
        slow = chance.strikes(f"{name} slow", mail / 3)
        await asyncio.sleep(self._draw.uniform(5.0, 200.0) if slow else self._draw.uniform(0.01, 0.3))
        self._line.refuse_the_dead()
        if chance.strikes(f"{name} refused", mail / 3):
            return Delivery(Outcome.RETRY_LATER, "smtp_450")
        if chance.strikes(f"{name} refused for good", mail / 10):
            return Delivery(Outcome.FAILED, "smtp_550")
        if chance.strikes(f"{name} broken before acceptance", mail / 6):
            return Delivery(Outcome.UNKNOWN, "disconnected")
        self._provider.accept(letter)
        await asyncio.sleep(self._draw.uniform(0.001, 0.1))
        if chance.strikes(f"{name} broken after acceptance", mail / 3):
            return Delivery(Outcome.UNKNOWN, "disconnected")
        return Delivery(Outcome.SENT)


class PlainWording:
    """Words that say nothing, so that a letter costs no template; the locale is the region's."""

    def __init__(self, wording: Any) -> None:
        self.locale = wording.locale

    def write(self, message: Any, _contact: Any) -> Letter:
        return Letter(message.id, message.locale, message.language, "1", "", "", "", "", "", "")


class PlainFigures:
    """One figure: how many facts there are."""

    keys = ("K1",)

    def __init__(self, facts: Any, clock: Any) -> None:
        self._facts, self._clock = facts, clock

    def today(self) -> date:
        return self._clock.now().date()

    async def running(self, _key: str, /) -> Running:
        period = Period(date(2026, 1, 1), date(2027, 1, 1))
        return Running(definition_version="1", unit="count", period=period, figure=Figure(value="1", n=await self._facts.count()))


__all__ = ["Fact", "MailProvider", "PlainFigures", "PlainWording", "SimulatedMailer", "SimulatedPublisher"]
