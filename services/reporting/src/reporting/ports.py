"""What reporting's handlers need of the world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from common.clock import Clock
from common.envelope import Envelope
from reporting.domain import Fact, Indicator, Running, Watch


class Facts(Protocol):
    """All facts."""

    async def offered_before(self, id_: UUID, /) -> Fact | None:
        """The fact with this id if it has been asked for before; a first insert finds out by itself whether it is there."""

    async def count(self) -> int:
        """How many there are."""


class Watches(Protocol):
    """The watch over the figures."""

    async def get(self, id_: UUID, /) -> Watch | None: ...


class Indicators(Protocol):
    """What was last told of each indicator."""

    async def get(self, id_: UUID, /) -> Indicator | None: ...


class Figures(Protocol):
    """The figures of the running periods."""

    @property
    def keys(self) -> Sequence[str]:
        """The indicators there are."""

    def today(self) -> date:
        """The day it is in the region."""

    async def running(self, key: str, /) -> Running:
        """An indicator's figure of the month or year that today lies in."""


@dataclass(frozen=True)
class Ports:
    """Everything a handler may ask."""

    facts: Facts
    watches: Watches
    indicators: Indicators
    figures: Figures
    clock: Clock
    envelope: Callable[[], Envelope]
    pace: timedelta
    """Time between two looks at the facts."""
