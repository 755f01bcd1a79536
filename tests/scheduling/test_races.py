"""Many visits race for few slots in two processes, while messages repeat, relays crash, people cancel and desks close.

Every seed is another order; SEEDS=2000 plays more of them.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from tests.scheduling.conftest import ORGANISATIONS, Scene, ports_over, small_town

from common.aggregate import How, Mark
from common.errors import Contended, Rejected
from common.events.case import CaseScreened, FormalityWanted
from common.events.catalogue import EVENTS
from common.ids import derived
from common.runner import Origin, Runner, step_mark
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock
from scheduling import app
from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import CancelVisit, CloseDesk, LiftClosure
from scheduling.domain.plan import overlaps, visit_id
from scheduling.domain.visit import Stage, Visit
from scheduling.region import Region

SEEDS = int(os.environ.get("SEEDS", "120"))
NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
DAYS = (date(2026, 11, 2), date(2026, 11, 3))


class SlowStore(MemoryStore):
    """Reads and writes take a while, and nobody knows how long."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance

    async def get(self, kind, id_, /):
        await self.chance_meets()
        return await super().get(kind, id_)

    async def find(self, kind, where, **how):
        await self.chance_meets()
        return await super().find(kind, where, **how)

    async def save(self, aggregate, entries, records=()):
        await self.chance_meets()
        return await super().save(aggregate, entries, records)

    async def chance_meets(self):
        if self.chance.random() < 0.3:
            await asyncio.sleep(0)


class World:
    """Two processes of scheduling over one store, each with a memory of its own."""

    def __init__(self, seed: int, region: Region) -> None:
        self.chance, clock = random.Random(seed), StoppedClock(NOW)
        self.store = SlowStore(self.chance)
        self.runners = [Runner(ports_over(self.store, clock, region), self.store, clock, lambda *_: None, self.pause) for _ in range(2)]
        self.steps = {on.message.__name__: on for on in app.STEPS}
        self.commands = {on.message: on for on in app.COMMANDS}
        self.told = []
        self.asking = 0

    async def pause(self, attempt):
        for _ in range(self.chance.randrange(1, 3 + attempt)):
            await asyncio.sleep(0)

    async def consume(self, cases: Sequence[CaseScreened]) -> None:
        on = app.SUBSCRIBES[0]
        for case in cases:
            await self.chance.choice(self.runners).run(on, case, Origin(Mark(f"case.screened/{case.case_id}", 1)))

    async def command(self, commands):
        for command in commands:
            await asyncio.sleep(0)
            while True:
                try:
                    await self.chance.choice(self.runners).run(self.commands[type(command)], command, Origin())
                except Rejected:
                    break
                except Contended:
                    continue
                break

    async def relay(self, patience: int) -> None:
        """Carry out what follows, in order per aggregate; now and then crash before an entry is cleared."""
        idle = 0
        while idle < patience:
            waiting = [key for key, entries in self.store.outbox.items() if entries]
            if not waiting:
                idle += 1
                await asyncio.sleep(0)
                continue
            idle, (collection, id_) = 0, self.chance.choice(waiting)
            entry = self.store.outbox[collection, id_][0]
            if await self.carry_out(collection, id_, entry) and self.chance.random() > 0.1:
                await self.store.told(collection, id_, entry.position)

    async def carry_out(self, collection, id_, entry) -> bool:
        if entry.how is How.TELL:
            self.told.append(EVENTS[entry.type].model_validate_json(entry.data))
            return True
        on = self.steps[entry.type]
        try:
            await self.chance.choice(self.runners).run(
                on, on.message.model_validate_json(entry.data), Origin(step_mark(collection, id_, entry.position))
            )
        except Contended:
            return False
        return True


def a_case(number: int, chance: random.Random) -> CaseScreened:
    products = sorted(chance.sample(ORGANISATIONS, chance.randint(1, 3)))
    case = derived("race", number)
    return CaseScreened(
        occurred_at=NOW + timedelta(seconds=number),
        case_id=case,
        case_type="race",
        route="desk",
        outcome="accepted",
        rule_version="1",
        reason_codes=(),
        language="nl",
        party_id=case,
        municipality_code="GM0935",
        household_size=1,
        not_before=NOW,
        formalities=tuple(FormalityWanted(formality_id=derived(case, code), product=code, persons=(1,)) for code in products),
    )


async def play(seed: int, region: Region, visits: int = 64, *, turmoil: bool = False) -> Counter:
    world = World(seed, region)
    cases = [a_case(n, world.chance) for n in range(visits)]
    deliveries = cases + world.chance.sample(cases, visits // 4)
    world.chance.shuffle(deliveries)
    commands = []
    if turmoil:
        commands = [
            CancelVisit(visit_id=visit_id(case.case_id), by="client", reason_code="ill", rebook=n % 2 == 0)
            for n, case in enumerate(world.chance.sample(cases, visits // 3))
        ]
        commands += [
            CloseDesk(location="town", day=DAYS[0], desk="advice.1", reason_code="flood"),
            LiftClosure(location="town", day=DAYS[0], desk="advice.1"),
        ]
        commands += [
            CloseDesk(location="town", day=DAYS[1], desk=None, reason_code="flood"),
            LiftClosure(location="town", day=DAYS[1], desk=None),
        ]
    half = len(deliveries) // 2
    await asyncio.gather(
        world.consume(deliveries[:half]), world.consume(deliveries[half:]), world.relay(40), world.relay(40), world.command(commands)
    )
    await world.relay(2)
    return await check(seed, world, cases)


async def check(seed: int, world: World, cases: Sequence[CaseScreened]) -> Counter:
    agendas, visits = await MemoryStore.find(world.store, Agenda, {}, limit=9), await MemoryStore.find(world.store, Visit, {}, limit=999)
    by_id = {visit.id: visit for visit in visits}
    for agenda in agendas:
        slots = [slot for _, held in agenda.taken.values() for slot in held]
        for n, slot in enumerate(slots):
            assert not overlaps([slot], slots[:n]), f"seed {seed}: a slot was given twice"
    owners = Counter(visit for agenda in agendas for visit in agenda.taken)
    confirmed = {visit.id for visit in visits if visit.stage is Stage.CONFIRMED}
    assert set(owners) == confirmed, f"seed {seed}: confirmed visits and claimed slots differ"
    assert set(owners.values()) <= {1}, f"seed {seed}: a visit holds two days"
    for agenda in agendas:
        for owner, (revision, held) in agenda.taken.items():
            visit = by_id[owner]
            assert (revision, held) == (visit.revision, tuple(visit.slot(one) for one in visit.appointments)), (
                f"seed {seed}: not what was promised"
            )
            assert {f.formality_id for f in visit.wanted} == {f for one in visit.appointments for f in one.formalities}, (
                f"seed {seed}: half planned"
            )
    assert len(visits) == len(cases), f"seed {seed}: a case without its visit"
    assert {visit.stage for visit in visits} <= {Stage.CONFIRMED, Stage.DEFERRED, Stage.CANCELLED}, f"seed {seed}: somebody hangs between"
    check_told(seed, world, by_id, confirmed)
    return Counter(visit.stage for visit in visits)


def check_told(seed, world, by_id, confirmed):
    latest = {}
    for event in world.told:
        if type(event).__name__ in {"VisitConfirmed", "VisitCancelled"}:
            latest[event.visit_id] = max(latest.get(event.visit_id, (0, "")), (event.revision, type(event).__name__))
    assert {id_ for id_, (_, name) in latest.items() if name == "VisitConfirmed"} == confirmed, f"seed {seed}: somebody was not told"
    assert all(latest[id_][0] == by_id[id_].revision for id_ in confirmed), f"seed {seed}: somebody was told an old plan"


async def test_no_slot_is_given_twice_and_no_household_is_half_planned_whatever_the_order():
    region = small_town()

    outcomes = [await play(seed, region) for seed in range(SEEDS // 6)]

    assert all(outcome[Stage.CONFIRMED] >= 24 for outcome in outcomes)
    assert all(outcome[Stage.DEFERRED] >= 1 for outcome in outcomes)


async def test_cancellations_and_closures_in_the_midst_of_claims_leave_nothing_held_that_is_not_promised():
    region = small_town()

    for seed in range(1000, 1000 + SEEDS):
        await play(seed, region, visits=16, turmoil=True)


async def test_a_burst_of_cases_in_one_process_loses_no_race(region):
    scene = Scene(region)
    world = World(7, region)
    ports = ports_over(world.store, scene.clock, region)
    world.runners = [Runner(ports, world.store, scene.clock, lambda *_: None, world.pause)]
    cases = [scene.case("brp_first_registration", "settling_consultation", "biometrics") for _ in range(150)]

    await asyncio.gather(*(world.consume([case]) for case in cases))
    await asyncio.gather(world.relay(40), world.relay(40))

    outcome = await check(7, world, cases)
    assert outcome == {Stage.CONFIRMED: 150}
    assert {visit.revision for visit in await MemoryStore.find(world.store, Visit, {})} == {1}
