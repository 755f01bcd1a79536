"""(g) 64 clients and many attempts on few slots, over HTTP, at two replicas of scheduling that share a file; with the guard and without."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from booking.clients import Call, Client, play
from booking.holds import contradictions, holds
from booking.outcome import Outcome, outcome
from booking.town import Town, household
from grounds import HERE, Grounds, Platform, platform, until
from machine import cpu_seconds
from talking import Speaker, token

from common.access.issuing import new_key, public_keys
from common.store.sqlite import SqliteStore
from scheduling.app import AGGREGATES

CLIENTS, HOUSEHOLDS = 64, 5  # each client has so many of its own: 320, of which 250 find room
REPLICAS = ("scheduling-1", "scheduling-2")
LAST_CALLS, LAST_CALL_SECONDS = 5, 15  # a process believes for a minute that somebody still wants what was chosen for him
TOWN = Town()


class Race(NamedTuple):
    """What so many attempts gave."""

    attempts: int
    seconds: float
    cpu: float
    """Seconds of both replicas."""
    booked: int
    """Plans that clients saw confirmed; a slot may be given many times, one household after the other."""
    refused: int
    unknown: int
    p50: float
    p99: float
    """Milliseconds until an attempt is answered."""
    bookings: int
    twice: int
    waiting: int
    left_free: int
    """Slots that were free when all attempts were over, while households waited; they went in a last call."""
    faults: list[str]
    disorders: list[str]
    owners: int
    """The most that one slot has had, one after the other."""

    @property
    def rate(self) -> float:
        return self.attempts / self.seconds


def race(grounds: Grounds, attempts: int, *, guarded: bool = True, to_the_end: bool = True) -> Race:
    """One run on an empty store; `to_the_end` until all is carried out and nobody waits for what is free, else only for its pace."""
    folder, key = grounds.folder / f"race-{secrets.token_hex(3)}", new_key()
    region, file = TOWN.write(folder / "town"), folder / "scheduling.sqlite"
    (folder / "jwks.json").write_text(public_keys(key))
    visits = asyncio.run(_seed(file))
    with platform(grounds, REGION_PATH=str(region), SQLITE_PATH=str(file), OIDC_JWKS=str(folder / "jwks.json")) as made:
        command = ("-P", "-m", "scheduling") if guarded else (str(HERE / "peers" / "unguarded.py"),)
        pids = [made.start(replica, *command).popen.pid for replica in REPLICAS]
        made.await_ready(*REPLICAS)
        before = sum(map(cpu_seconds, pids))
        seconds, clients, left_free = asyncio.run(_play(made, token(key), visits, attempts, file, to_the_end=to_the_end))
        cpu = sum(map(cpu_seconds, pids)) - before
    return _race(attempts, seconds, cpu, clients, left_free, asyncio.run(_read(file)))


async def _seed(file: Path) -> Sequence[str]:
    """Households that wait, written as scheduling would."""
    store, now = SqliteStore(file, AGGREGATES), datetime.now(UTC)
    await store.start()
    visits = [household(number, now).model_copy(update={"version": 1}) for number in range(CLIENTS * HOUSEHOLDS)]
    await asyncio.gather(*(store.save(visit, []) for visit in visits))
    await store.close()
    return [str(visit.id) for visit in visits]


async def _play(
    made: Platform, badge: str, visits: Sequence[str], attempts: int, file: Path, *, to_the_end: bool
) -> tuple[float, list[Client], int]:
    days, clients = TOWN.dates(datetime.now(UTC)), []
    for number in range(CLIENTS):
        speakers = [Speaker(made.ports[replica], badge) for replica in REPLICAS]
        clients.append(Client([speaker.say for speaker in speakers], visits[number::CLIENTS], days, number))
    seconds = await play(clients, attempts)
    if to_the_end:
        await _rest(file)
    await asyncio.gather(*(client.look() for client in clients))
    if not to_the_end:
        return seconds, clients, 0
    left_free = TOWN.slots - (await _read(file)).bookings
    for _ in range(LAST_CALLS):
        await asyncio.gather(*(client.last_call() for client in clients))
        await _rest(file)
        await asyncio.gather(*(client.look() for client in clients))
        if (await _read(file)).bookings >= TOWN.slots:
            break
        await asyncio.sleep(LAST_CALL_SECONDS)
    return seconds, clients, max(0, left_free)


async def _rest(file: Path) -> None:
    await asyncio.to_thread(until, lambda: _at_rest(file), "everything that follows to be carried out", 60)


def _at_rest(file: Path) -> bool:
    import sqlite3  # noqa: PLC0415

    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute("select count(*) from outbox").fetchone() == (0,)
    finally:
        db.close()


async def _read(file: Path) -> Outcome:
    store = SqliteStore(file, AGGREGATES)
    await store.start()
    found = await outcome(store, TOWN.slots)
    await store.close()
    return found


def _race(attempts: int, seconds: float, cpu: float, clients: Sequence[Client], left_free: int, found: Outcome) -> Race:
    ledger: list[Call] = [*chain.from_iterable(client.ledger for client in clients)]
    spent = sorted(call.answered - call.invoked for call in ledger if call.kind == "book")
    return Race(
        attempts=attempts,
        seconds=seconds,
        cpu=cpu,
        booked=len({(hold.visit, hold.revision) for known in holds(ledger).values() for hold in known}),
        left_free=left_free,
        refused=sum(call.status == 409 for call in ledger),
        unknown=sum(client.unknown for client in clients) + sum(call.status not in {200, 409} for call in ledger),
        p50=spent[len(spent) // 2] * 1000,
        p99=spent[len(spent) * 99 // 100] * 1000,
        disorders=contradictions(ledger),
        owners=max(map(len, holds(ledger).values())),
        **found._asdict(),
    )
