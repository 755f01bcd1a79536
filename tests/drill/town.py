"""A platform that is backed up, goes on, loses stores and is recovered; and what must hold whatever was lost."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from whole_platform import MovedClock, Platform, registration, whole_platform

from common.recovery import Recovery
from common.service import Service
from reporting.rebuild.rebuilding import rebuild
from scheduling.domain.agenda import Agenda
from scheduling.domain.appointment import State
from scheduling.domain.plan import overlaps
from scheduling.domain.visit import Visit

SERVICES = ("intake", "scheduling", "notifications", "reporting")


class Town:
    """The same platform, started and stopped several times; what it sent and where it was backed up."""

    def __init__(self, kafka: str, folder: Path, keep: float = 60.0) -> None:
        self.keep = keep
        self.kafka, self.folder, self.backup = kafka, folder / "live", folder / "backup"
        self.clock, self.prefix = MovedClock(), ""
        self.letters: list[EmailMessage] = []
        self.cases: list[str] = []
        self.said: list[str] = []
        self.blueprints: dict[str, Any] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Platform]:
        """A day of work; ends when nothing is under way any more."""
        async with whole_platform(self.kafka, self.folder, prefix=self.prefix, clock=self.clock, keep=self.keep) as platform:
            self.prefix = platform.prefix
            self.blueprints = {name: service.blueprint for name, service in platform.services.items()}
            try:
                yield platform
                await at_rest(platform)
            finally:
                self.letters += platform.letters

    async def serve(self, platform: Platform, count: int) -> list[str]:
        """So many households hand in a case and are told a time."""
        new = [(await platform.hand_in(registration())).json()["id"] for _ in range(count)]
        self.cases += new
        await at_rest(platform)
        return new

    def back_up(self) -> None:
        """Copy every store, as it lies there while nothing runs."""
        shutil.copytree(self.folder, self.backup)

    def restore(self, services: Iterable[str]) -> None:
        """Put the backup of some stores in the place of what they are now."""
        for service in services:
            for file in self.folder.glob(f"{service}.sqlite*"):
                file.unlink()
            for file in self.backup.glob(f"{service}.sqlite*"):
                shutil.copy(file, self.folder)

    async def refusals(self) -> dict[str, str]:
        """Which services refuse to work, and what they say."""
        found: dict[str, str] = {}
        for name, blueprint in self.blueprints.items():
            service: Service[Any] = Service(blueprint, clock=self.clock)
            async with service.running():
                while service.guard.refusal is None and not service.consuming.assigned.is_set():
                    await asyncio.sleep(0.02)
                if service.guard.refusal is not None:
                    found[name] = service.guard.refusal
        return found

    async def recover(self, service: str) -> bool:
        """What `loket recover` does."""
        blueprint = self.blueprints[service]
        return await Recovery(blueprint, self.clock, Service(blueprint, clock=self.clock).log, self.said.append).run(dry_run=False)

    async def figures_are_equal(self) -> bool:
        """Whether the log gives the figures that the live store gives."""
        return await rebuild(self.blueprints["reporting"].settings, self.clock, None, swap=False, say=self.said.append)


async def at_rest(platform: Platform) -> None:
    """Until nothing is under way and everybody has heard everything."""

    async def quiet() -> bool:
        return all([await _rests(service) for service in platform.services.values()])

    for _ in range(3):  # what one tells, another hears
        await platform.until(quiet, 60.0)
        await asyncio.sleep(0.3)


async def _rests(service: Service[Any]) -> bool:
    consumer = service.consuming.consumer()
    read = [await consumer.position(place) >= (consumer.highwater(place) or 0) for place in consumer.assignment()]
    return all(read) and not service.consuming.in_hand and service.relay.idle() and not service.parking.waiting()


async def violations(town: Town, platform: Platform) -> list[str]:
    """What must never be, whatever was lost and recovered."""
    store = platform.services["scheduling"].store
    visits, agendas = await store.find(Visit, {}, limit=1000), await store.find(Agenda, {}, limit=1000)
    return [
        *_booked_twice(visits),
        *_not_held(visits, agendas),
        *_told_otherwise(visits, await _told(platform, visits)),
        *_sent_twice(town, platform),
    ]


def _booked_twice(visits: list[Visit]) -> list[str]:
    found: list[str] = []
    slots: dict[tuple[Any, Any], list[Any]] = {}
    for visit in visits:
        mine = [visit.slot(one) for one in visit.appointments if one.state in {State.HELD, State.BOOKED}]
        others = slots.setdefault((visit.location, visit.day), [])
        found += [f"{visit.id} shares a slot"] if overlaps(mine, others) else []
        others += mine
    return found


def _not_held(visits: list[Visit], agendas: list[Agenda]) -> list[str]:
    held = {(agenda.location, agenda.day, id_): sorted(slots) for agenda in agendas for id_, (_, slots) in agenda.taken.items()}
    wanted = {
        (visit.location, visit.day, visit.id): sorted(visit.slot(one) for one in visit.appointments if one.state is State.BOOKED)
        for visit in visits
        if any(one.state is State.BOOKED for one in visit.appointments)
    }
    return [f"{key[2]}: agenda and visit differ" for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key)]


async def _told(platform: Platform, visits: list[Visit]) -> dict[UUID, list[dict[str, Any]]]:
    return {visit.id: [one for one in await platform.timeline(visit.case_id) if one["topic"].startswith("visit.")] for visit in visits}


def _told_otherwise(visits: list[Visit], told: dict[UUID, list[dict[str, Any]]]) -> list[str]:
    """Households go to where the newest word sends them."""
    found = []
    for visit in visits:
        newest = max(told[visit.id], key=lambda one: (one["data"]["revision"], one["topic"] == "visit.confirmed"), default=None)
        if newest is not None and newest["topic"] == "visit.confirmed" and newest["data"]["day"] != str(visit.day):
            found.append(f"{visit.id}: told {newest['data']['day']}, planned {visit.day}")
    return found


def _sent_twice(town: Town, platform: Platform) -> list[str]:
    ids = [letter["message-id"] for letter in (*town.letters, *platform.letters)]
    return [f"letter {id_} was sent {ids.count(id_)} times" for id_ in sorted(set(ids)) if ids.count(id_) > 1]
