"""A process dies at each step boundary of the chassis, is started again, and everything is there once."""

import asyncio
import multiprocessing
import re
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from chassis import LONG, Thing, new, until, until_it
from toy_service import incoming, live, log_of, make_topics, produce, told_once

from common.lanes import Lane
from common.processing.record import ProcessingRecord
from common.relay import ANY
from common.store.sqlite import SqliteStore

pytestmark = [pytest.mark.kafka, pytest.mark.long]
ROOT = Path(__file__).parents[2]
NURSERY = multiprocessing.get_context("forkserver")
CASES = 12
DIED = 86
POINTS = [
    "consuming.before-handler",
    "consuming.after-handler",
    "consuming.before-commit",
    "consuming.after-commit",
    "runner.before-save",
    "runner.after-save",
    "relay.before-step",
    "relay.after-step",
    "relay.before-take",
    "relay.before-act",
    "relay.after-act",
    "relay.before-send",
    "relay.after-ack",
    "relay.before-clear",
]


@dataclass
class Story:
    """What became of one crash."""

    code: int | None = None
    told: list[tuple[str, int]] = field(default_factory=list)
    parked: int = 0
    ledger: list[str] = field(default_factory=list)
    things: list[Thing | None] = field(default_factory=list)
    left: int = 0
    records: list[tuple[str, ...]] = field(default_factory=list)
    cases: list[UUID] = field(default_factory=list)


class Toy:
    """The toy service in a process of its own."""

    def __init__(self, arguments: dict[str, Any], point: str | None = None) -> None:
        self._ready, theirs = NURSERY.Pipe(duplex=False)
        self._process = NURSERY.Process(target=live, args=(arguments, point, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def ready(self) -> Self:
        await until(self._ready.poll)
        assert self._ready.recv() == "ready"
        return self

    async def died(self) -> int | None:
        """The code with which it has ended by itself."""
        await until(lambda: self._process.exitcode is not None)
        self._ready.close()
        return self._process.exitcode

    async def end(self) -> int | None:
        self._process.terminate()
        return await self.died()


async def all_told(bootstrap: str, prefix: str) -> bool:
    return len({record.key for record in await log_of(bootstrap, f"{prefix}visit.deferred")}) == CASES


async def all_heard(folder: Path, cases: list[UUID]) -> bool:
    """Whether both events of every case have been handled: telling needs the first alone."""
    store = SqliteStore(folder / "store.sqlite", [Thing, Lane, ProcessingRecord])
    await store.start()
    things = [await store.get(Thing, case) for case in cases]
    await store.close()
    return all(thing is not None and thing.n >= 2 for thing in things)


async def play(bootstrap: str, folder: Path, point: str) -> Story:
    """Twelve cases with two events each; the process dies at the third pass of the point, a second one takes over."""
    story, prefix = Story(cases=[new() for _ in range(CASES)]), f"{uuid4().hex[:8]}."
    arguments = {"bootstrap": bootstrap, "prefix": prefix, "folder": str(folder)}
    await make_topics(bootstrap, prefix)
    await produce(bootstrap, prefix, [incoming(case, sequence) for case in story.cases for sequence in (1, 2)])

    # a batch is committed as one, and what one batch leads to may be over before the next comes
    first = Toy(arguments, point if point.startswith("consuming") and point.endswith("commit") else f"{point}:3")
    story.code = await first.died()

    second = await Toy(arguments).ready()
    await until_it(lambda: all_told(bootstrap, prefix), LONG)
    await until_it(lambda: all_heard(folder, story.cases), LONG)
    await asyncio.sleep(1)
    assert await second.end() == 0
    await look(story, bootstrap, prefix, folder)
    return story


async def look(story: Story, bootstrap: str, prefix: str, folder: Path) -> None:
    story.told = told_once(await log_of(bootstrap, f"{prefix}visit.deferred"))
    story.parked = len(await log_of(bootstrap, f"{prefix}scheduling.parked"))
    story.ledger = (folder / "ledger").read_text().split()
    store = SqliteStore(folder / "store.sqlite", [Thing, Lane, ProcessingRecord])
    await store.start()
    story.things = [await store.get(Thing, case) for case in story.cases]
    story.records = [one.subjects for one in await store.find(ProcessingRecord, {})]
    story.left = len(await store.untold(ANY, 1000))
    await store.close()


async def play_all(bootstrap: str, folder: Path, points: list[str]) -> dict[str, Story]:
    async def one(point: str) -> Story:
        (folder / point).mkdir()
        (folder / point / "ledger").touch()
        return await play(bootstrap, folder / point, point)

    return dict(zip(points, await asyncio.gather(*(one(point) for point in points)), strict=True))


@pytest.fixture(scope="module", autouse=True)
def nursery() -> None:
    """Processes begin as copies of one that has imported everything: there are thirty, and importing costs each more than all it does."""
    NURSERY.set_forkserver_preload(["toy_service"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT / "tests"))
        forkserver.ensure_running()


@pytest.fixture(scope="module")
def stories(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Story]:
    """All crashes that are asked for, at the same time: each waits long for Kafka to notice that a member of its group is dead."""
    chosen = [
        item.callspec.params["point"] for item in request.session.items if hasattr(item, "callspec") and "point" in item.callspec.params
    ]
    return asyncio.run(play_all(kafka_bootstrap, tmp_path_factory.mktemp("crashes"), chosen))


def test_every_failpoint_of_the_chassis_is_played() -> None:
    source = "".join(path.read_text() for path in (ROOT / "libs/common/src/common").rglob("*.py"))

    assert set(re.findall(r'failpoint\("([^"]+)"\)', source)) == set(POINTS)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("point", POINTS)
def test_after_a_crash_there_everything_is_there_once(stories: dict[str, Story], point: str) -> None:
    story = stories[point]

    assert story.code == DIED, "the point was not passed"
    assert story.told == sorted((str(case), 1) for case in story.cases)
    assert story.parked == 0
    assert story.left == 0
    for thing in story.things:
        assert thing is not None
        assert (thing.n, thing.seen, thing.waiting) == (2, ["prepared"], {})
    assert sorted(Counter(story.records).values()) == [2] * CASES, "a record for each event of each case, and none twice"
    sent = {str(thing.id) for thing in story.things if thing and thing.colour == "sent"}
    unknown = {str(thing.id) for thing in story.things if thing and thing.colour == "unknown"}
    assert len(story.ledger) == len(set(story.ledger)), "done twice"
    assert sent <= set(story.ledger)
    assert len(sent) + len(unknown) == CASES


@pytest.mark.timeout(200)
async def test_a_sigterm_in_mid_batch_leaves_cleanly_and_loses_nothing(kafka_bootstrap: str, tmp_path: Path) -> None:
    story, prefix = Story(cases=[new() for _ in range(CASES)]), f"{uuid4().hex[:8]}."
    (tmp_path / "ledger").touch()
    arguments = {"bootstrap": kafka_bootstrap, "prefix": prefix, "folder": str(tmp_path)}
    await make_topics(kafka_bootstrap, prefix)
    await produce(kafka_bootstrap, prefix, [incoming(case, sequence) for case in story.cases for sequence in (1, 2)])

    first = await Toy(arguments | {"slow": 1.0}).ready()
    await asyncio.sleep(0.5)
    assert await first.end() == 0

    second = await Toy(arguments).ready()
    await until_it(lambda: all_told(kafka_bootstrap, prefix), LONG)
    assert await second.end() == 0
    await look(story, kafka_bootstrap, prefix, tmp_path)
    assert story.told == sorted((str(case), 1) for case in story.cases)
    assert (story.parked, story.left) == (0, 0)
    assert [thing and thing.n for thing in story.things] == [2] * CASES
    assert sorted(story.ledger) == sorted(map(str, story.cases))
