"""Builds that are broken on purpose: each takes one promise out of the product; the simulation and the chaos rig both use them."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import notifications.handlers.telling
import scheduling.handlers.cancelling
import scheduling.handlers.planning
from common.aggregate import Aggregate
from common.carrying import Carrying
from common.consuming import Consuming
from common.errors import Unavailable
from common.gates import Gates
from common.kept import restore
from common.lanes import Kind, Resume
from common.parking import Parking
from common.runner import Origin, Runner
from common.settling import Settling
from notifications.domain import Message, Outcome, State
from scheduling.domain.agenda import Agenda
from scheduling.domain.steps import ClaimSlots
from scheduling.domain.visit import Stage

Patch = pytest.MonkeyPatch
Sabotage = Callable[[Patch], None]


def commit_before_the_batch_is_settled(patch: Patch) -> None:
    original = Consuming.take

    async def take(self: Any, message: Any) -> None:
        await self._committing.settled(message.raw_message)
        await self._committing.commit()
        await original(self, message)

    patch.setattr(Consuming, "take", take)


def outbox_cleared_before_the_acknowledgement(patch: Patch) -> None:
    original = Carrying._tell

    async def tell(self: Any, key: Any, entries: Any) -> None:
        await self._store.told(*key, entries[-1].position)
        await original(self, key, entries)

    patch.setattr(Carrying, "_tell", tell)


def no_marks(patch: Patch) -> None:
    patch.setattr(Aggregate, "has_applied", lambda self, mark: False)


def events_of_an_aggregate_sent_at_once(patch: Patch, pause: Callable[[], float] = lambda: 0.0) -> None:
    """`pause` keeps events apart where a publisher sends in one batch whatever it is asked for at once."""
    original = Carrying._tell

    async def until_told(self: Any, key: Any, entries: Any) -> None:
        if seconds := pause():
            await asyncio.sleep(seconds)
        while True:
            try:
                return await original(self, key, entries)
            except Unavailable:
                await asyncio.sleep(0.5)

    async def tell(self: Any, key: Any, entries: Any) -> None:
        await asyncio.gather(*(until_told(self, key, [entry]) for entry in entries))

    patch.setattr(Carrying, "_tell", tell)


def letter_sent_before_its_claim_is_saved(patch: Patch) -> None:
    original = notifications.handlers.telling._claim

    async def claim(message: Any, ports: Any) -> Any:
        claimed = await original(message, ports)
        if claimed.state is State.SENDING:
            contact = await ports.contacts.get(message.party_id)
            async with ports.mailer.held() as sending:
                await sending.send(ports.wording.write(message, contact))
        return claimed

    async def letter(step: Any, _ports: Any) -> Any:
        return notifications.handlers.telling._outcome(step, Outcome.SENT, "sent")

    patch.setattr(notifications.handlers.telling, "_claim", claim)
    patch.setattr(notifications.handlers.telling, "_letter", letter)


def retry_after_an_unknown_outcome(patch: Patch) -> None:
    patch.setattr(Message, "lose_track", lambda self, reason, policy, now: self._retry(reason, policy, now))


def act_not_taken_out_before_it_runs(patch: Patch) -> None:
    original = Carrying._act

    class Gives:
        async def take(self, *_entry: Any) -> bool:
            return True

    async def act(self: Any, key: Any, entry: Any) -> str:
        careless = copy.copy(self)
        careless._store = Gives()
        return await original(careless, key, entry)

    patch.setattr(Carrying, "_act", act)


def act_taken_before_its_connection_is_held(patch: Patch) -> None:
    """The gate lets everybody through, and who is through waits for a connection with the act in hand."""
    through = Gates.through

    class Later:
        away = None

        def __init__(self, gates: Any, gate: Any) -> None:
            self._gates, self._gate = gates, gate

        async def send(self, letter: Any) -> Any:
            async with through(self._gates, self._gate) as sending:
                return await sending.send(letter)

    @asynccontextmanager
    async def at_once(self: Any, gate: Any) -> AsyncIterator[Any]:
        yield Later(self, gate)

    patch.setattr(Gates, "through", at_once)


def slots_claimed_before_the_intention_is_written(patch: Patch) -> None:
    original = scheduling.handlers.planning.plan

    async def plan(visit: Any, ports: Any) -> Any:
        visit = await original(visit, ports)
        step = next((follow.what for follow in visit.caused if isinstance(follow.what, ClaimSlots)), None)
        if visit.stage is Stage.PROPOSED and step is not None:
            agenda = await ports.agendas.get(step.agenda_id) or Agenda.of(step.location, step.day)
            if agenda.can_give(visit.id, step.slots):
                agenda.taken[visit.id] = (step.revision, step.slots)
                agenda.version += 1
                await ports.agendas._store.save(agenda, [])
        return visit

    patch.setattr(scheduling.handlers.planning, "plan", plan)
    patch.setattr(scheduling.handlers.cancelling, "plan", plan)


def lane_redriven_newest_first(patch: Patch) -> None:
    original = Parking.redrive

    async def redrive(self: Any, id_: Any, process: Any) -> Any:
        lane = await self._still_parked(id_)
        if lane.kind is not Kind.MESSAGES:
            return await original(self, id_, process)
        for record in reversed(lane.records):
            await process(restore(record))
        lane = await self._change(Resume(lane_id=id_))
        self._open(lane)
        return lane

    patch.setattr(Parking, "redrive", redrive)


def parked_lanes_forgotten(patch: Patch) -> None:
    async def refresh(_self: Any) -> None:
        """A new process knows of no lane."""

    patch.setattr(Parking, "refresh", refresh)


def records_settled_before_the_parked_lanes_are_known(patch: Patch) -> None:
    original = Consuming.on_partitions_revoked

    async def revoked(self: Any, places: Any) -> None:
        await original(self, places)
        self._lanes_known.set()

    patch.setattr(Consuming, "on_partitions_revoked", revoked)


def store_outage_parks_lanes(patch: Patch) -> None:
    original = Settling.handle

    async def handle(self: Any, received: Any) -> None:
        try:
            await original(self, received)
        except Unavailable as error:
            raise RuntimeError from error

    patch.setattr(Settling, "handle", handle)


def told_before_it_is_saved(patch: Patch) -> None:
    original = Runner._save

    async def save(self: Any, aggregate: Aggregate, origin: Origin, declared: Any, records: Any = ()) -> bool:
        hasty, store, wake = copy.copy(self), self._store, self._wake

        class Early:
            async def save(self, aggregate: Aggregate, entries: Any, records: Any = ()) -> bool:
                wake(aggregate, entries)
                return bool(await store.save(aggregate, entries, records))

        hasty._store, hasty._wake = Early(), lambda _aggregate, _entries: None
        return await original(hasty, aggregate, origin, declared, records)

    patch.setattr(Runner, "_save", save)
