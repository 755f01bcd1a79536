"""Clients race over HTTP for few slots in two replicas that share a file; and the checks of the race see what they are for.

`make bench` plays the same with real processes, 64 clients and 20,000 attempts (`benchmarks/contention.py`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from benchmarks.booking.clients import Call, Client, play
from benchmarks.booking.holds import contradictions, holds
from benchmarks.booking.outcome import outcome
from benchmarks.booking.town import Town, household

from common.service import Service
from common.store.sqlite import SqliteStore
from common.testing.issuer import Badge, issuer_settings
from common.testing.service import Listening
from common.testing.stage import StoppedClock
from scheduling.app import build
from scheduling.domain.agenda import Agenda
from scheduling.settings import Settings

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
TOWN = Town(days=3, households_a_day=4)


class Replica:
    """One process of scheduling, but for its process: without Kafka, over a file that it shares."""

    def __init__(self, folder, region, clock):
        settings = Settings(**issuer_settings(), region_path=region, sqlite_path=folder / "scheduling.sqlite")
        self.service = Service(build(settings), clock=clock, publisher=Listening())
        transport, badge = httpx.ASGITransport(self.service.app), Badge(clock, "case-worker")
        self.client = httpx.AsyncClient(transport=transport, base_url="http://scheduling", auth=badge)

    async def ask(self, method, path, body):
        answer = await self.client.request(method, path, json=body)
        return answer.status_code, answer.json()


@asynccontextmanager
async def running(replica: Replica) -> AsyncIterator[Replica]:
    await replica.service.store.start()
    await replica.service.relay.start()
    async with replica.client:
        yield replica
    await replica.service.relay.stop()
    await replica.service.store.close()


async def at_rest(replicas):
    while not all(replica.service.relay.idle() for replica in replicas):
        await asyncio.sleep(0.001)


async def race(folder, seed, attempts=200, households=16):
    """What the clients wrote down, and what came of it."""
    clock, region = StoppedClock(NOW), TOWN.write(folder / "region")
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(running(Replica(folder, region, clock))) for _ in range(2)]
        visits = [household(number, NOW) for number in range(households)]
        store = replicas[0].service.store
        for visit in visits:
            visit.version = 1
            assert await store.save(visit, [])
        asks = [replica.ask for replica in replicas]
        clients = [Client(asks, [visit.id for visit in visits[n::8]], TOWN.dates(NOW), seed * 100 + n) for n in range(8)]
        await play(clients, attempts)
        await at_rest(replicas)
        clock.forward(timedelta(seconds=61))  # nobody believes any more what was proposed and not claimed
        for client in clients:
            await client.look()
            await client.last_call()
            await at_rest(replicas)
        for client in clients:
            await client.look()
        return [call for client in clients for call in client.ledger], await outcome(store, TOWN.slots)


@pytest.mark.parametrize("seed", [1, 2])
async def test_clients_that_race_for_few_slots_get_each_slot_once(tmp_path, seed):
    ledger, found = await race(tmp_path, seed)

    assert found.faults == []
    assert (found.bookings, found.twice) == (TOWN.slots, 0)
    assert contradictions(ledger) == []
    assert max(len(owners) for owners in holds(ledger).values()) > 1, "nobody came after anybody: nothing was checked"
    assert {call.status for call in ledger} == {200, 409}


def seen(visit, invoked, answered, revision=1, kind="look", stage="confirmed"):
    return Call(kind, visit, invoked, answered, 200, revision, stage, (("desk", "nine"),))


ORDERED = {
    "one after the other": [seen("a", 1, 2), seen("a", 3, 4), seen("b", 5, 6), seen("b", 7, 8)],
    "known to both at once, but each for a moment": [seen("a", 1, 4), seen("b", 2, 5)],
    "a moment beside a stretch": [seen("a", 1, 2), seen("a", 5, 6), seen("b", 4, 7)],
    "given up before the other": [seen("a", 1, 2), seen("a", 4, 5, 3, "give-up", "deferred"), seen("b", 5, 6), seen("b", 7, 8)],
    "twice the same household": [seen("a", 1, 2), seen("a", 3, 4), seen("a", 2.5, 5, 3), seen("a", 8, 9, 3)],
}
DISORDERED = {
    "two stretches overlap": [seen("a", 1, 2), seen("a", 9, 10), seen("b", 3, 4), seen("b", 11, 12)],
    "one stretch within another": [seen("a", 1, 2), seen("a", 9, 10), seen("b", 3, 4), seen("b", 5, 6)],
    "a third within a long one": [
        seen("a", 1, 2),
        seen("a", 20, 21),
        seen("b", 3, 4),
        seen("b", 5, 6),
        seen("c", 9, 10),
        seen("c", 11, 12),
    ],
    "a moment within a stretch": [seen("a", 1, 2), seen("a", 9, 10), seen("b", 4, 5)],
    "seen by another before it was given up": [
        seen("a", 1, 2),
        seen("a", 8, 9, 3, "give-up", "deferred"),
        seen("b", 3, 4),
        seen("b", 5, 6),
    ],
}


@pytest.mark.parametrize("calls", ORDERED.values(), ids=ORDERED)
def test_histories_that_have_an_order_are_no_contradiction(calls):
    assert contradictions(calls) == []


@pytest.mark.parametrize("calls", DISORDERED.values(), ids=DISORDERED)
def test_histories_without_an_order_are_found(calls):
    assert contradictions(calls) != []


async def test_slots_given_twice_and_claims_that_are_lost_are_found(tmp_path):
    """The outcome of a race, spoilt by hand."""
    await race(tmp_path, 3)
    settings = Settings(**issuer_settings(), region_path=tmp_path / "region")
    store = SqliteStore(tmp_path / "scheduling.sqlite", build(settings).aggregates)
    await store.start()
    agenda = (await store.find(Agenda, {}, limit=1))[0]
    owner, other = [*agenda.taken][:2]
    agenda.taken = {**agenda.taken, owner: agenda.taken[other]}
    agenda.version += 1
    assert await store.save(agenda, [])

    found = await outcome(store, TOWN.slots)

    await store.close()
    assert [str(owner) in fault for fault in found.faults] == [True]
