"""Whoever listens hears of a figure of the running period when it has changed, and only then."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from reporting_room import Room
from reporting_told import at, bsn, contacted

from common.aggregate import How
from common.events.indicator import IndicatorUpdated
from common.testing.stage import Stage, StoppedClock
from reporting import app, handlers
from reporting.domain import WATCH, LookAtFacts, Watch, WatchFigures

PACE = timedelta(seconds=60)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with Room(now=at(10, 12)) as room:
        yield room


@pytest.fixture
async def stage(room: Room) -> Stage:
    clock = room.clock
    assert isinstance(clock, StoppedClock)
    stage = Stage(room.ports, room.store, clock, app.SUBSCRIBES, app.STEPS)
    await stage.ask(app.COMMANDS[0], WatchFigures())
    return stage


async def one_look(stage: Stage) -> None:
    """Let the time of one look pass."""
    stage.clock.forward(PACE)
    for _, id_ in await stage.store.due(stage.clock.now(), 10):
        await stage.runner.fire(Watch, id_, {on.message.__name__: on for on in app.STEPS})
    await stage.settle()


def told_of(stage: Stage, key: str) -> list[tuple[str | None, int]]:
    return [(event.value, event.n) for event in stage.heard_of(IndicatorUpdated) if event.indicator == key]


async def test_a_figure_is_told_when_facts_have_changed_it(room: Room, stage: Stage) -> None:
    await room.hear(contacted("first"), bsn("number", date(2026, 11, 2), date(2026, 11, 9)))
    await one_look(stage)
    await room.hear(contacted("second"))
    await one_look(stage)

    assert told_of(stage, "k01") == [("1", 1), ("2", 2)]
    assert told_of(stage, "k05") == [("0.0000", 1)]
    [event] = [event for event in stage.told if event.indicator == "k05"]
    assert (event.period_from, event.period_to, event.unit, event.definition_version) == (
        date(2026, 11, 1),
        date(2026, 12, 1),
        "share",
        "v1",
    )


async def test_nothing_is_told_or_computed_while_no_facts_come(room: Room, stage: Stage) -> None:
    await room.hear(contacted("first"))
    await one_look(stage)
    told, steps = len(stage.told), await steps_so_far(room)

    await one_look(stage)
    await one_look(stage)

    assert len(stage.told) == told
    assert await steps_so_far(room) == steps + 2, "two looks, and nothing to refresh"


async def steps_so_far(room: Room) -> int:
    """How many steps the watch has left so far."""
    watch = await room.ports.watches.get(WATCH)
    assert watch is not None
    assert watch.waiting
    return watch.told["outbox"]


async def test_without_any_fact_no_figure_is_computed(room: Room, stage: Stage) -> None:
    await one_look(stage)

    assert stage.told == []
    assert room.reading.warehouse._db is None


async def test_a_new_month_begins_with_new_figures(room: Room, stage: Stage) -> None:
    await room.hear(bsn("number", date(2026, 11, 2), date(2026, 11, 3)))
    await one_look(stage)
    stage.clock.forward(timedelta(days=30))
    await one_look(stage)

    assert told_of(stage, "k05") == [("1.0000", 1), (None, 0)]


async def test_a_fact_pays_nothing_for_the_figures(room: Room) -> None:
    await room.hear(contacted("first"))

    assert not room.store.outbox


async def test_starting_again_leaves_the_watch_as_it_is(room: Room, stage: Stage) -> None:
    before = await room.ports.watches.get(WATCH)

    await stage.ask(app.COMMANDS[0], WatchFigures())

    assert await room.ports.watches.get(WATCH) == before


async def test_a_look_without_a_watch_ends_quietly(room: Room) -> None:
    assert await handlers.look_at_facts(LookAtFacts(), room.ports) is None


def test_the_watch_tells_its_service_and_not_the_world() -> None:
    watch = Watch(id=WATCH).look(1, date(2026, 11, 10), ["k01", "k05"], at(10))

    assert [follow.how for follow in watch.follows()] == [How.THEN, How.THEN]
