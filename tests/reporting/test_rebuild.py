"""The log read again gives the same figures, to the last digit; and says so when it does not."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr
from reporting_room import NOVEMBER, READ_CATALOGUE, READ_REGION, SETTINGS, Room
from reporting_told import Told, contacted, created, screened
from test_figures_hold import a_month

from common.aggregate import How
from common.cloudevents import outgoing, parse
from common.store.coalescing import Asked
from common.store.port import Entry
from common.store.sqlite import SqliteStore
from reporting.app import AGGREGATES, wire
from reporting.domain import Fact, Period
from reporting.figures import Figures
from reporting.generations import beside, live, point_to
from reporting.rebuild.comparison import FactsBefore, compare, table
from reporting.rebuild.replay import TOGETHER, replay
from reporting.warehouse import Warehouse


class Recorded(NamedTuple):
    """A record as Kafka's client gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int = 0


def record(told: Told, offset: int) -> Recorded:
    """An event as it lies in the log."""
    envelope, event = told.envelope, told.event
    data = event.__pydantic_serializer__.to_json(event, by_alias=True)
    entry = Entry(
        1,
        How.TELL,
        envelope.id,
        event.topic,
        event.key,
        envelope.sequence,
        1,
        envelope.time,
        data,
        envelope.traceparent,
        envelope.correlation,
        envelope.causation,
    )
    out = outgoing(entry, envelope.subject, envelope.source.encode())
    return Recorded(out.topic, 3, offset, out.key, out.value, tuple(out.headers))


async def log_of(told: Iterable[Told], *garbage: Recorded) -> AsyncIterator[Any]:
    """Everything that was told, some of it twice."""
    offset = 0
    for one in told:
        for _ in range(2 if offset % 5 == 0 else 1):
            yield record(one, offset)
            offset += 1
    for one in garbage:
        yield one


def read(record: Any) -> Any:
    return parse(record, record.topic)


async def test_a_rebuild_equals_the_live_figures_to_the_last_digit(room: Room) -> None:
    told = a_month()
    live_order = list(told)
    random.Random(7).shuffle(live_order)
    await room.hear(*live_order)
    async with Room() as other:
        other.clock.forward(timedelta(days=3))

        done = await replay(log_of(told), read, other.store, other.ports)
        lines = await compare(room.figures, other.figures, NOVEMBER)

        assert done.records > len(told)
        assert len(await other.facts()) == len(await room.facts()) == len(told)
        assert all(line.equal for line in lines)
        assert len([line for line in lines if line.by is None]) == 10


async def test_a_rebuild_equals_the_live_figures_by_the_definitions_of_a_later_year_too(room: Room) -> None:
    when, year = datetime(2027, 3, 1, 9, tzinfo=UTC), Period(date(2027, 1, 1), date(2028, 1, 1))
    told = [
        created("one", when=when),
        screened("one", "information_requested", sponsor="recognised", when=when),
        screened("one", sponsor="recognised", when=when, sequence=2),
        created("two", organisation="university", when=when),
    ]
    await room.hear(*reversed(told))
    async with Room() as other:
        await replay(log_of(told), read, other.store, other.ports)

        lines = await compare(room.figures, other.figures, year)

    assert all(line.equal for line in lines)
    [k08] = [line.live[0] for line in lines if (line.key, line.by) == ("k08", None)]
    assert (k08.value, k08.details["recognised"].value) == ("2", "1")


async def test_a_fact_that_the_live_store_lacks_is_found_and_shown(room: Room) -> None:
    told = a_month()
    missing = next(one for one in told if one.name == "bsn 5")
    await room.hear(*(one for one in told if one is not missing))
    async with Room() as other:
        await replay(log_of(told), read, other.store, other.ports)

        lines = await compare(room.figures, other.figures, NOVEMBER)

    different = {(line.key, line.by) for line in lines if not line.equal}
    assert ("k05", None) in different
    assert {key for key, _ in different} == {"k05"}
    assert "DIFFERENT" in table(lines)
    assert table(lines).splitlines()[0].split() == ["indicator", "by", "live", "n", "rebuilt", "n"]


async def test_what_is_no_event_is_counted_and_left_out() -> None:
    garbage = Recorded("case.created", 3, 99, b"key", b"not json", ())
    async with Room() as other:
        done = await replay(log_of([created("case")], garbage), read, other.store, other.ports)

        assert (done.records, done.quarantined) == (3, 1)
        assert len(await other.facts()) == 1


async def test_without_days_each_indicator_is_compared_over_its_running_period(room: Room) -> None:
    await room.hear(contacted("first"))
    async with Room() as other:
        await replay(log_of([contacted("first")]), read, other.store, other.ports)

        lines = await compare(room.figures, other.figures, None)

    assert all(line.equal for line in lines)
    assert next(line for line in lines if line.key == "k01").live[0].value == "1"


async def test_events_that_came_after_the_log_was_read_do_not_count(room: Room) -> None:
    await room.hear(contacted("before", offset=4), contacted("after", offset=5))
    before = FactsBefore(room.reading.facts, {("contact.registered", 3): 5})
    warehouse = Warehouse(before, room.figures.region, room.figures.catalogue.topics)
    figures = Figures(warehouse, room.figures.catalogue, room.figures.region, room.clock)

    figure = await figures.total(figures.definition("k01", NOVEMBER.first), NOVEMBER)
    await warehouse.close()

    assert (await before.count(), figure.value) == (1, "1")


async def test_however_many_figures_are_compared_the_facts_are_counted_once(room: Room) -> None:
    await room.hear(contacted("first"), contacted("second"))
    before, reads = FactsBefore(room.reading.facts, {("contact.registered", 3): 5}), list[None]()
    since = before.since

    def counted(moment: datetime | None) -> AsyncIterator[list[Fact]]:
        reads.append(None)
        return since(moment)

    before.since = counted  # type: ignore[method-assign]
    warehouse = Warehouse(before, room.figures.region, room.figures.catalogue.topics)
    figures = Figures(warehouse, room.figures.catalogue, room.figures.region, room.clock)

    lines = await compare(figures, room.figures, NOVEMBER)
    await warehouse.close()

    assert len(lines) > 20
    assert all(line.equal for line in lines)
    assert len(reads) == 2  # to count them, and to take them in
    await room.hear(contacted("third", offset=4))
    assert (await before.count(), await before.recount()) == (2, 3)


def test_generations_lie_beside_each_other_and_a_pointer_names_the_live_one(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"sqlite_path": tmp_path / "reporting.sqlite"})

    assert live(settings).settings.sqlite_path.name == "reporting.sqlite"
    second = beside(settings)
    assert (second.number, second.settings.sqlite_path.name) == (2, "reporting.g2.sqlite")
    point_to(settings, second)
    assert live(settings).settings.sqlite_path.name == "reporting.g2.sqlite"
    assert beside(settings).settings.sqlite_path.name == "reporting.g3.sqlite"


def test_a_pointer_that_cannot_be_read_means_the_first_generation(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"sqlite_path": tmp_path / "reporting.sqlite", "generation_file": tmp_path / "pointer"})
    (tmp_path / "pointer").write_text("../../etc\n")

    assert live(settings).settings.sqlite_path.name == "reporting.sqlite"


def test_with_mongodb_the_pointer_is_the_name_of_the_database() -> None:
    settings = SETTINGS.model_copy(update={"mongo_url": SecretStr("mongodb://nowhere")})

    second = beside(settings)

    assert second.settings.mongo_database == "reporting_g2"
    assert "MONGO_DATABASE=reporting_g2" in point_to(settings, second)
    assert beside(second.settings).settings.mongo_database == "reporting_g3"


@pytest.mark.parametrize("count", [0, 1200])
async def test_a_log_of_any_length_is_read_to_its_end(count: int) -> None:
    async with Room() as other:
        done = await replay(log_of(contacted(f"contact {number}") for number in range(count)), read, other.store, other.ports)
        await asyncio.sleep(0)

        assert len(await other.facts()) == count
        assert done.records >= count


async def test_the_next_records_are_made_into_facts_while_the_store_writes(room: Room, tmp_path: Path) -> None:
    rounds = list[int]()

    class Watched(SqliteStore):
        async def _answer(self, asked: Asked) -> None:
            rounds.append(len(asked.saves))
            await super()._answer(asked)

    store = Watched(tmp_path / "reporting.sqlite", AGGREGATES)
    await store.start()
    ports, _ = wire(store, room.clock, SETTINGS, READ_REGION, READ_CATALOGUE)

    once = [record(contacted(f"contact {number}"), number) for number in range(4 * TOGETHER)]
    await replay(log_of([], *once), read, store, ports)

    await store.close()
    assert max(rounds) == TOGETHER  # two batches in one round would wait for each other
