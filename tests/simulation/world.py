"""A world for one seed: the log, the stores, two processes of each service, the people, and everything that befalls them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import common.relay
import common.runner
import common.service
from common.cloudevents import Outgoing
from notifications.domain import Message
from notifications.domain import State as MessageState
from reporting.domain import Watch
from scheduling.domain.visit import Stage, Visit
from simulation.chance import Chance
from simulation.group import Group, lag
from simulation.history import History
from simulation.ledger import Ledger, Spoiling
from simulation.log import SimulatedLog
from simulation.loop import Process, VirtualLoop
from simulation.outside import MailProvider
from simulation.people import People
from simulation.replica import Replica
from simulation.services import SERVICES, tapped
from simulation.stores import DurableStore

MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
HERE = ZoneInfo("Europe/Amsterdam")
STORM = 90.0  # seconds of faults
DRAINED_WITHIN = 400.0  # seconds after the last fault: the longest pauses, a session and a lease one after the other
REPLICAS = 2


class Undrained(Exception):
    """Faults have ended long ago, and something still waits."""


class Lines:
    """What services log becomes history."""

    def __init__(self, service: str, history: History) -> None:
        self._service, self._history = service, history

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **keys: None if level == "debug" else self._history.note(self._service, f"log: {event} {_told(keys)}")


class World:
    """Put together for one seed; `play` runs it to the end."""

    plain = True
    """Whether letters have no words, so that they cost no template."""

    def __init__(self, seed: int, without: frozenset[str] = frozenset(), *, is_narrow: bool | None = None) -> None:
        self.chance = Chance(seed, without)
        self.loop = VirtualLoop(self.chance.of("turns"))
        self.history = History(self.loop.time)
        self.log, self.provider = SimulatedLog(self.history), MailProvider(self.history)
        self.ledger = Ledger(self.history)
        self.shift = timedelta()
        draw = self.chance.of("world")
        self.chance.told = lambda name: self.history.note("fault", name)
        self.spoiling = Spoiling(self.chance, self.ledger, draw)
        self.stores = {name: DurableStore(partial(self.ledger.saved, name)) for name in SERVICES}
        drawn = draw.random() < 0.5
        is_narrow = drawn if is_narrow is None else is_narrow
        blueprints = {name: tapped(name, is_narrow=is_narrow, tap=self.spoiling.tap) for name in SERVICES}
        self.topics = {name: blueprint.topics() for name, blueprint in blueprints.items()}
        self.groups = {name: Group(f"group {name}", topics, self.history) for name, topics in self.topics.items()}
        self.replicas = [Replica(self, blueprints[name], number + 1) for name in SERVICES for number in range(REPLICAS)]
        self.people = People(self)
        self.loop.died = self._died

    def now(self) -> datetime:
        """What time it is, everywhere."""
        return MONDAY + self.shift + timedelta(seconds=self.loop.time())

    def of(self, service: str) -> list[Replica]:
        """The places of a service's processes."""
        return [replica for replica in self.replicas if replica.blueprint.name == service]

    async def play(self) -> None:
        """The story: cases come, minds change, days pass, desks work, all in a storm; then it is calm and everything must drain."""
        for group in self.groups.values():
            asyncio.get_running_loop().create_task(group.watch())
        for replica in self.replicas:
            replica.boot_later(0.0, 3.0)
        self._plan_faults()
        people = self.people.begin()
        await asyncio.sleep(45.0)
        self._jump(self._eve())
        await asyncio.sleep(10.0)
        self._jump(self._day_after())
        await asyncio.sleep(STORM - 55.0)
        self._calm()
        await asyncio.wait(people, timeout=DRAINED_WITHIN)
        self.spoiling.mend()
        await self._drain("after the storm", lambda: self.people.redrive(quietly=True))
        self._jump(self.now() + timedelta(days=75))
        await self._drain("after all days", lambda: self.people.redrive(quietly=True))

    def _plan_faults(self) -> None:
        draw, weather = self.chance.of("faults"), self.chance.weather
        for kind, count in (
            ("crash", weather.crashes),
            ("stall", weather.stalls),
            ("restart", weather.restarts),
            ("outage", weather.outages),
        ):
            for number in range(count):
                at, place, size = draw.uniform(2.0, STORM), draw.choice(self.replicas), draw.random()
                self.loop.call_later(at, self._befall, f"{kind}#{number} {place.name}", kind, place, size)
        for number in range(2 if weather.poison else 0):
            self.loop.call_later(draw.uniform(5.0, STORM), self._litter, f"garbage#{number}", draw.choice(self.topics["intake"]))

    def _befall(self, name: str, kind: str, place: Replica, size: float) -> None:
        if not place.up or not self.chance.planned(name):
            return
        process, store = place.process, self.stores[place.blueprint.name]
        if kind == "crash":
            process.fuse = 1 + int(size * 60)
        elif kind == "stall":
            self.loop.freeze(process)
            self.loop.call_later(1.0 + size * 40.0, self.loop.thaw, process)
        elif kind == "restart":
            place.leave()
        else:
            store.away = True
            self.loop.call_later(1.0 + size * 40.0, self._back, store)

    def _back(self, store: DurableStore) -> None:
        store.away = False

    def _litter(self, name: str, topic: str) -> None:
        if self.chance.planned(name):
            key = f"garbage-{name[-1]}".encode()
            self.log.append("a stranger", Outgoing(topic, key, b"{", [("ce_id", b"\xff")]))
            record = next(record for record in self.log if record.key == key)
            self.ledger.garbage.append((topic, record.partition, record.offset))

    def _calm(self) -> None:
        self.chance.calm = True
        for store in self.stores.values():
            store.away = False
        for replica in self.replicas:
            replica.process.fuse = None
            self.loop.thaw(replica.process)
        self.history.note("world", "the storm is over")

    def _died(self, process: Process) -> None:
        self.history.note(process.name, "is gone")
        place = next(replica for replica in self.replicas if replica.process is process)
        place.boot_later()

    def _jump(self, to: datetime) -> None:
        if to > self.now():
            self.shift += to - self.now()
            self.history.note("clock", f"forward to {to:%a %d %b %H:%M}")

    def _eve(self) -> datetime:
        first = min(self._days(), default=None)
        return self.now() if first is None else datetime.combine(first - timedelta(days=1), time(12), HERE).astimezone(UTC)

    def _day_after(self) -> datetime:
        last = max(self._days(), default=None)
        return self.now() if last is None else datetime.combine(last + timedelta(days=1), time(1), HERE).astimezone(UTC)

    def _days(self) -> list[Any]:
        return [visit.day for visit in self.stores["scheduling"].all(Visit) if visit.stage is Stage.CONFIRMED]

    async def _drain(self, when: str, nudge: Callable[[], Any]) -> None:
        began = self.loop.time()
        while left := self.left():
            if self.loop.time() - began > DRAINED_WITHIN:
                raise Undrained(f"{when}: {'; '.join(left)}")
            await nudge()
            await asyncio.sleep(3.0)

    def left(self) -> list[str]:
        """Everything that still waits, in words."""
        waits = [f"{name} has {lag(group, self.log)} records to read" for name, group in self.groups.items() if lag(group, self.log)]
        for name, store in self.stores.items():
            waits += [f"{name} has to carry out what follows from {key[0]}/{key[1]}" for key in store.outbox]
            waits += [f"{name} has a step due of {key[0]}/{key[1]}" for key in store.due_until(self.now(), Watch.collection)]
        messages = self.stores["notifications"].all(Message)
        waits += [f"message {one.id} is being sent" for one in messages if one.state is MessageState.SENDING]
        waits += [f"lane {name} is parked" for name in self.people.parked()]
        return waits


def _told(keys: dict[str, Any]) -> str:
    return " ".join(f"{name}={type(value).__name__ if isinstance(value, Exception) else value}" for name, value in keys.items())


def prepare(world: World, patch: pytest.MonkeyPatch) -> None:
    """What the product has as constants or as chance of its own, set for one run."""
    patch.setattr(common.relay, "LOOK_FOR_DUE", 0.5)
    patch.setattr(common.runner.jittered, "__defaults__", (world.chance.of("jitter"),))
    patch.setattr(common.service, "logger", lambda service, _level: Lines(service, world.history))
