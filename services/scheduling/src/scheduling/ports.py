"""What the handlers of scheduling may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from common.clock import Clock
from scheduling.domain.agenda import Agenda
from scheduling.domain.catalogue import Policy
from scheduling.domain.plan import FittingDay, NoPlan, Plan, Wish
from scheduling.domain.visit import Visit


class Visits(Protocol):
    """The visits that we keep."""

    async def get(self, visit_id: UUID, /) -> Visit | None: ...

    async def longest_waiting(self, skip: int, /) -> Sequence[Visit]:
        """Visits that fitted nowhere, who asked first comes first, some at a time."""

    async def on_day(self, location: str, day: date, /) -> Sequence[Visit]:
        """The visits of a day at a location."""

    async def unattended(self, location: str, before: datetime, limit: int, skip: int, /) -> Sequence[Visit]:
        """Visits with an appointment that has ended without anybody having checked in."""


class Agendas(Protocol):
    """The days of every location; a day on which nothing was ever taken has no agenda yet."""

    async def get(self, agenda_id: UUID, /) -> Agenda | None: ...

    async def between(self, location: str, first: date, after: date, /) -> list[Agenda]:
        """Those of a location from a day up to but not including another."""


class Diary(Protocol):
    """Finds the day on which everything fits; its memory is advice, the agenda decides."""

    async def choose(self, wish: Wish, now: datetime) -> Plan | NoPlan: ...

    async def choose_on(self, wish: Wish, location: str, day: date, now: datetime) -> Plan | None: ...

    async def fitting_days(self, wish: Wish, now: datetime, limit: int) -> list[FittingDay]: ...

    async def look_again(self, location: str, day: date) -> None: ...

    def saw(self, agenda: Agenda) -> None: ...

    def decided(self, visit_id: UUID, revision: int, version: int) -> None: ...

    def forget(self, visit_id: UUID) -> None: ...

    def notice(self, location: str, day: date, now: datetime) -> int: ...


class Rules(Protocol):
    """The rules of the region, by date."""

    def policy_at(self, moment: datetime) -> Policy: ...

    def begin_of(self, day: date) -> datetime: ...


@dataclass(frozen=True)
class Ports:
    """Everything a handler of scheduling can reach."""

    visits: Visits
    agendas: Agendas
    diary: Diary
    rules: Rules
    clock: Clock
