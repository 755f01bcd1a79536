"""(f) How long events wait for their handler while members of a group come and go under a steady stream."""

import asyncio
import signal
import sys
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import orjson
from grounds import HERE, Grounds, Platform, Void, platform, until
from tax import contact_changed
from throughput import count

from common.publisher import Publisher
from loket.embedded.child import Child, start_child

RATE, TICK = 500, 0.01  # events per second, seconds between two sends
CALM, WINDOW = 3.0, 6.0  # seconds before the first coming; around a join or a leave, from one before it, in which a wait is laid to it


class Waits(NamedTuple):
    """Seconds from Kafka's acknowledgement to the handler: the longest after each join and each leave, and the longest otherwise."""

    joins: list[float]
    leaves: list[float]
    otherwise: float
    events: int


class Stream:
    """Events of parties that nobody has heard of, at a steady rate until it is enough."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.told: dict[UUID, float] = {}
        self._publisher, self._sending, self._enough = Publisher(bootstrap, "bench", prefix), set[asyncio.Task[None]](), False

    async def flow(self) -> None:
        began, ticks = monotonic(), 0
        while not self._enough:
            task = asyncio.create_task(self._send())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            ticks += 1
            await asyncio.sleep(began + ticks * TICK - monotonic())
        await asyncio.gather(*self._sending)
        await self._publisher.close()

    def end(self) -> None:
        self._enough = True

    async def _send(self) -> None:
        records = [contact_changed() for _ in range(int(RATE * TICK))]
        await self._publisher.send([record for _, record in records])
        self.told |= dict.fromkeys((party for party, _ in records), monotonic())


class Members:
    """Processes that join when told to, and write down at their end what they have handled."""

    def __init__(self, made: Platform) -> None:
        self._made = made
        self.names: list[str] = []

    def make(self) -> Child:
        """A process that is ready to join."""
        name = f"member-{len(self.names)}"
        self.names.append(name)
        command = [sys.executable, str(HERE / "peers" / "member.py"), str(self._made.folder / f"{name}.json")]
        self._made.ports["notifications"] = 0
        child = start_child(name, command, self._made.folder / f"{name}.log", self._made.environment("notifications"))
        self._made.children[name] = child
        until(lambda: "READY" in child.tail(), name, pause=0.1)
        return child

    def handled(self) -> dict[str, float]:
        """When each party's event first came to a handler."""
        first: dict[str, float] = {}
        for name in self.names:
            for party, moment in orjson.loads((self._made.folder / f"{name}.json").read_bytes()).items():
                first[party] = min(moment, first.get(party, moment))
        return first


def waits(grounds: Grounds, comings: int) -> Waits:
    """Two members stay, a third comes and goes so many times; `Void` when an event is lost."""
    with platform(grounds) as made:
        members, stream = Members(made), Stream(grounds.bootstrap, made.prefix)
        stay = [members.make() for _ in range(2)]
        guests = [members.make() for _ in range(comings)]
        for child in stay:
            child.popen.send_signal(signal.SIGUSR1)
            until(lambda child=child: "JOINED" in child.tail(), child.name)
        joins, leaves = asyncio.run(_come_and_go(stream, guests))
        until(lambda: count(made, "notifications", "contacts") >= len(stream.told), "all contacts", 30)
        made.stop()
        handled = members.handled()
        if len(handled) != len(stream.told):
            raise Void(f"of {len(stream.told)} events {len(handled)} were handled")
        return _waits(joins, leaves, stream, handled)


async def _come_and_go(stream: Stream, guests: list[Child]) -> tuple[list[float], list[float]]:
    flowing = asyncio.create_task(stream.flow())
    await asyncio.sleep(CALM)
    joins, leaves = [], []
    for guest in guests:
        for moments, sign in ((joins, signal.SIGUSR1), (leaves, signal.SIGTERM)):
            moments.append(monotonic())
            guest.popen.send_signal(sign)
            await asyncio.sleep(WINDOW)
    stream.end()
    await flowing
    return joins, leaves


def _waits(joins: list[float], leaves: list[float], stream: Stream, handled: dict[str, float]) -> Waits:
    waited = [(moment, handled[str(party)] - moment) for party, moment in stream.told.items()]

    def longest(since: float) -> float:
        return max(wait for moment, wait in waited if since - 1 <= moment < since + WINDOW - 1)

    calm = max(wait for moment, wait in waited if moment < joins[0] - 1)
    return Waits([longest(since) for since in joins], [longest(since) for since in leaves], calm, len(waited))
