"""The whole rebuild: read the log into a new generation, compare, and on request let the service work on it from now on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from common.clock import Clock
from common.cloudevents import Record, parse
from common.log import Log, LogError, committed_beyond, members_of, open_log
from common.store.opening import open_store
from common.store.port import Store
from reporting.app import AGGREGATES, RECORDED, Reading, wire
from reporting.definitions import Catalogue
from reporting.domain import Indicator, Period, indicator_id
from reporting.figures import Figures
from reporting.generations import Generation, beside, live, point_to
from reporting.ports import Ports
from reporting.rebuild.comparison import FactsBefore, Line, compare, table
from reporting.rebuild.replay import Ends, replay
from reporting.region import Region
from reporting.settings import Settings
from reporting.warehouse import Warehouse

Say = Callable[[str], None]
SHORT = 20_000  # records that are read before anybody asks how far it is
PATIENCE = 30  # seconds that the live service may need to take in what the log had when we began


class Shop(NamedTuple):
    """A store with everything that reads it."""

    store: Store
    ports: Ports
    reading: Reading


async def rebuild(settings: Settings, clock: Clock, period: Period | None, *, swap: bool, say: Say) -> bool:
    """Whether the log gives the same figures as the live store; with `swap` the new generation becomes the live one, if it may."""
    old, new = live(settings), beside(settings)
    _remove_leftovers(new)
    async with _shop(old, clock) as living, _shop(new, clock) as renewed:
        async with open_log(settings, [event.topic for event in RECORDED]) as log:
            await _read(log, renewed, settings.topic_prefix, say)
            same = await _hold_against(living, renewed, log.ends, period, say)
        if swap and same:
            await _refuse_while_read(settings, log)
            await _carry_over(living, renewed)
    if swap and same:
        say(point_to(settings, new))
    return same


async def _read(log: Log, renewed: Shop, prefix: str, say: Say) -> None:
    records = _with_progress(log, say)
    done = await replay(records, lambda record: parse(record, record.topic.removeprefix(prefix)), renewed.store, renewed.ports)
    facts = await renewed.reading.facts.count()
    say(f"{done.records} records read from offset 0, {facts} facts, {done.quarantined} records that are no event.")


async def _with_progress(log: Log, say: Say) -> AsyncIterator[Record]:
    """The records of a log, with a word after each tenth of a long one."""
    total = sum(log.ends.values())
    part, read = max(total // 10, SHORT), 0
    async for record in log.records():
        yield record
        read += 1
        if read % part == 0:
            say(f"{read} of {total} records read …")


async def _hold_against(living: Shop, renewed: Shop, ends: Ends, period: Period | None, say: Say) -> bool:
    before = FactsBefore(living.reading.facts, ends)
    expected = await renewed.reading.facts.count()
    known = await _catch_up(before, expected)
    figures = living.reading.figures
    warehouse = Warehouse(before, figures.region, figures.catalogue.topics)
    lines = await compare(Figures(warehouse, figures.catalogue, figures.region, living.ports.clock), renewed.reading.figures, period)
    await warehouse.close()
    return _verdict(lines, known, expected, say)


def _verdict(lines: list[Line], known: int, expected: int, say: Say) -> bool:
    same = known == expected and all(line.equal for line in lines)
    say(table(lines))
    say(f"facts: {known} live, {expected} rebuilt; {sum(line.equal for line in lines)} of {len(lines)} figures equal to the last digit")
    return same


async def _catch_up(before: FactsBefore, expected: int) -> int:
    """The number of live facts, given time to become the expected one."""
    for _ in range(PATIENCE):
        known = await before.recount()
        if known >= expected:
            break
        await asyncio.sleep(1)
    return known


async def _refuse_while_read(settings: Settings, log: Log) -> None:
    """What the service takes in after our reading would be missing in the new generation; so it must have stopped."""
    group = settings.topic_prefix + "reporting"
    if count := await members_of(settings, group):
        raise LogError(f"{count} replicas of reporting are running; stop them first, then rebuild with --swap.")
    if await committed_beyond(settings, group, log.ends):
        raise LogError("Reporting has read on since the rebuild began; rebuild again.")


async def _carry_over(living: Shop, renewed: Shop) -> None:
    """What was told of each indicator comes along, so that the numbering of its events goes on."""
    for key in renewed.reading.figures.keys:
        indicator: Indicator | None = await living.store.get(Indicator, indicator_id(key))
        if indicator is not None:
            await renewed.store.save(indicator.model_copy(update={"version": 1}), ())


def _remove_leftovers(generation: Generation) -> None:
    """An earlier rebuild may have been broken off; the files of a generation that is not live are nobody's."""
    path = generation.settings.sqlite_path
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm") if generation.settings.mongo_url is None else ():
        path.with_name(name).unlink(missing_ok=True)


@asynccontextmanager
async def _shop(generation: Generation, clock: Clock) -> AsyncIterator[Shop]:
    settings = generation.settings
    store = open_store(settings, "reporting", AGGREGATES)
    await store.start()
    ports, reading = wire(store, clock, settings, Region.read(settings.region_path / "reporting"), Catalogue.read())
    try:
        yield Shop(store, ports, reading)
    finally:
        await reading.warehouse.close()
        await store.close()
