"""A scene of scheduling: the region of South Limburg, a store in memory, a clock that stands still."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from common.aggregate import Aggregate
from common.events.base import Message
from common.events.case import CaseClosed, CaseScreened, FormalityWanted
from common.ids import derived
from common.testing.memory import MemoryStore
from common.testing.stage import Stage, StoppedClock
from scheduling import app
from scheduling.diary import Diary
from scheduling.domain.agenda import Agenda
from scheduling.domain.catalogue import WEEKDAYS, Desk, Location, Policies, Policy, Product
from scheduling.domain.plan import Wish, agenda_id, visit_id
from scheduling.domain.visit import Visit
from scheduling.memory import Memory
from scheduling.openings import Openings
from scheduling.ports import Ports
from scheduling.region import Region
from scheduling.store import StoredAgendas, StoredVisits

PACK = Path(__file__).parents[2] / "regions/south-limburg/scheduling"
MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # nine o'clock in Maastricht
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SINCE = date(2020, 1, 1)
MORNING = dict.fromkeys(WEEKDAYS, ("09:00-11:00",))
ORGANISATIONS = ("registration", "advice", "immigration")
EVERYTHING = ("brp_first_registration", "settling_consultation", "document_collection")


def ports_over(store: MemoryStore, clock: StoppedClock, region: Region) -> Ports:
    """What `app.make_ports` puts together, for a store and a clock of a test."""
    agendas, openings = StoredAgendas(store), Openings(region)
    memory = Memory(agendas.between, agendas.versions_between, openings, timedelta(seconds=5), timedelta(seconds=60))
    return Ports(StoredVisits(store), agendas, Diary(region, memory, openings), region, clock)


class Scene:
    """Scheduling on a stage, with words for what the tests want to say."""

    def __init__(self, region: Region, now: datetime = MONDAY) -> None:
        self.region, self.store, self.clock = region, MemoryStore(), StoppedClock(now)
        self.ports = ports_over(self.store, self.clock, region)
        self.stage: Stage[Ports] = Stage(self.ports, self.store, self.clock, app.SUBSCRIBES, app.STEPS)
        self._commands = {on.message: on for on in app.COMMANDS}
        self._numbers = count(1)

    def case(self, *products: str, persons: tuple[int, ...] = (1,), **changes: Any) -> CaseScreened:
        """A case that needs these products for these persons."""
        case_id = changes.pop("case_id", derived("test case", next(self._numbers)))
        wanted = tuple(FormalityWanted(formality_id=derived(case_id, product), product=product, persons=persons) for product in products)
        told = {
            "occurred_at": self.clock.now(),
            "case_id": case_id,
            "case_type": "fast_track_non_eu",
            "route": "one_stop",
            "outcome": "accepted",
            "rule_version": "2026-1",
            "reason_codes": (),
            "language": "en",
            "party_id": derived("party", case_id),
            "municipality_code": "GM0935",
            "household_size": len(persons),
            "formalities": wanted,
            "not_before": self.clock.now(),
        }
        return CaseScreened(**{**told, **changes})

    def closed(self, case: CaseScreened, result: str = "withdrawn") -> CaseClosed:
        """The same case, closed."""
        return CaseClosed(
            occurred_at=self.clock.now(),
            case_id=case.case_id,
            result=result,
            archive_nomination="destroy",
            language=case.language,
            party_id=case.party_id,
        )

    async def hear(self, *events: Any) -> None:
        await self.stage.hear(*events)

    async def ask(self, command: Message) -> Aggregate | None:
        return await self.stage.ask(self._commands[type(command)], command)

    async def wait(self, by: timedelta) -> None:
        await self.stage.wait(by)

    def told(self, kind: type[Any]) -> list[Any]:
        return self.stage.heard_of(kind)

    async def visit(self, case: CaseScreened) -> Visit:
        visit = await self.store.get(Visit, visit_id(case.case_id))
        assert visit is not None
        return visit

    async def agenda(self, day: date, location: str = "mosae_forum") -> Agenda:
        return await self.store.get(Agenda, agenda_id(location, day)) or Agenda.of(location, day)

    async def holders(self, day: date, location: str = "mosae_forum") -> set[UUID]:
        return set((await self.agenda(day, location)).taken)

    async def confirmed(self, *products: str, **changes: Any) -> tuple[CaseScreened, Visit]:
        """A case with its visit confirmed, and nothing told yet that the test did not cause."""
        case = self.case(*(products or EVERYTHING), **changes)
        await self.hear(case)
        self.stage.told.clear()
        return case, await self.visit(case)


def diary_over(region, agendas=()):
    async def find(location, first, after):
        return [agenda for agenda in agendas if agenda.location == location and first <= agenda.day < after]

    async def versions(location, first, after):
        return {agenda.id: agenda.version for agenda in await find(location, first, after)}

    openings = Openings(region)
    return Diary(region, Memory(find, versions, openings, timedelta(seconds=5), timedelta(seconds=60)), openings)


def wish_of(number, parts, now, **changes):
    wanted = tuple(
        FormalityWanted(formality_id=derived(number, n), product=code, persons=tuple(sorted(who))) for n, (code, who) in enumerate(parts)
    )
    wish = Wish(derived("visit", number), 1, "GM0935", "en", wanted, now)
    return replace(wish, **changes)


def at_midnight(day):
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)


def small_town(days=1):
    """One location, two desks of each organisation, two hours a day, and so many days to book ahead."""
    return Region(
        locations=(Location(id="town", name="Town", address="-", country="NL", municipalities=("GM0935",), valid_from=SINCE),),
        desks=tuple(
            Desk(id=f"{o}.{n}", location="town", organisation=o, products=(o,), languages=("nl",), hours=MORNING, valid_from=SINCE)
            for o in ORGANISATIONS
            for n in (1, 2)
        ),
        products=tuple(
            Product(id=o, organisation=o, rank=rank, first_person_minutes=20, extra_person_minutes=10, buffer_minutes=0, valid_from=SINCE)
            for rank, o in enumerate(ORGANISATIONS, 1)
        ),
        closures=(),
        policies=Policies(
            timezone="Europe/Amsterdam",
            slot_grid_minutes=10,
            policies=(
                Policy(
                    version="1", valid_from=SINCE, booking_window_days=days, minimum_notice_minutes=0, late_cancel_working_days=1,
                    no_show_policy="1", retry_hours=24, outcomes={},
                ),
            ),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def region() -> Region:
    return Region.read(PACK)


@pytest.fixture
def scene(region: Region) -> Scene:
    return Scene(region)
