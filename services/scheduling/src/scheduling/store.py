"""Visits and agendas in a store."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from common.store.port import Collection, Range, Store
from scheduling.domain.agenda import Agenda
from scheduling.domain.visit import Stage, Visit

WAITING_AT_A_TIME = 50


class StoredVisits(Collection[Visit]):
    """The visits that we keep."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Visit)

    async def longest_waiting(self, skip: int, /) -> Sequence[Visit]:
        """Visits that fitted nowhere, who asked first comes first, some at a time."""
        return await self.find({"stage": Stage.DEFERRED}, order="requested_at", limit=WAITING_AT_A_TIME, skip=skip)

    async def on_day(self, location: str, day: date, /) -> Sequence[Visit]:
        """The visits of a day at a location."""
        return await self.find({"location": location, "day": day})

    async def unattended(self, location: str, before: datetime, limit: int, skip: int, /) -> Sequence[Visit]:
        """Visits with an appointment that has ended without anybody having checked in, the oldest first."""
        return await self.find(
            {"location": location, "unattended_since": Range(end=before)}, order="unattended_since", limit=limit, skip=skip
        )


class StoredAgendas(Collection[Agenda]):
    """The days of every location."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Agenda)

    async def between(self, location: str, first: date, after: date, /) -> list[Agenda]:
        """Those of a location from a day up to but not including another."""
        return await self.find({"location": location, "day": Range(first, after)}, order="day")

    async def versions_between(self, location: str, first: date, after: date, /) -> dict[UUID, int]:
        """The versions of the same."""
        return await self.versions({"location": location, "day": Range(first, after)})
