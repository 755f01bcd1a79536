"""A room in which reporting takes events in and counts, without Kafka and HTTP."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Self
from uuid import UUID

from reporting_told import END, Told

from common.aggregate import Mark
from common.envelope import receiving
from common.runner import Origin, Runner
from common.store.port import Collection
from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock
from reporting.app import COMMANDS, STEPS, SUBSCRIBES, wire
from reporting.definitions import Catalogue
from reporting.domain import Fact, Figure, Period
from reporting.figures import Counted
from reporting.region import Region
from reporting.settings import Settings

REGION = Path(__file__).parents[2] / "regions" / "south-limburg" / "reporting"
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))

READ_REGION, READ_CATALOGUE = Region.read(REGION), Catalogue.read()
SETTINGS = Settings(**issuer_settings(), region_path=REGION.parent)


class Room:
    """Reporting over a store in memory, without Kafka and HTTP."""

    def __init__(self, now: datetime = END, store: MemoryStore | None = None) -> None:
        self.clock = StoppedClock(now)
        self.store = store or MemoryStore()
        self.ports, self.reading = wire(self.store, self.clock, SETTINGS, READ_REGION, READ_CATALOGUE)
        self.figures = self.reading.figures
        self.runner = Runner(self.ports, self.store, self.clock, lambda _aggregate, _entries: None)
        self._handlers = {on.message: on for on in (*SUBSCRIBES, *STEPS, *COMMANDS)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.reading.warehouse.close()

    async def hear(self, *told: Told) -> None:
        """Take in events, one after the other."""
        for one in told:
            token = receiving.set(one.envelope)
            try:
                mark = Mark(f"{one.event.topic}/{one.envelope.subject}/{one.name}", 1)
                await self.runner.run(self._handlers[type(one.event)], one.event, Origin(mark, correlation=one.envelope.correlation))
            finally:
                receiving.reset(token)

    async def facts(self) -> list[Fact]:
        """Everything that was kept."""
        return await Collection(self.store, Fact).find({}, limit=100_000)

    async def total(self, key: str, period: Period = NOVEMBER) -> Figure:
        """An indicator's figure."""
        return await self.figures.total(self.figures.definition(key, period.first), period)

    async def split(self, key: str, by: str, period: Period = NOVEMBER) -> dict[str | None, Figure]:
        """An indicator's figures by group."""
        return {figure.group: figure for figure in await self.figures.split(self.figures.definition(key, period.first), period, by)}

    async def counted(self, key: str, period: Period = NOVEMBER, by: str | None = None, group: str | None = None) -> list[Counted]:
        """The events behind a figure."""
        total, events = await self.figures.events(self.figures.definition(key, period.first), period, by, group, limit=1000, skip=0)
        assert total == len(events)
        return events


def listed(counted: Iterable[Counted]) -> set[UUID]:
    """The ids of the events behind a figure."""
    return {one.event_id for one in counted}
