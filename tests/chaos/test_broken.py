"""Each broken build does break what it says: a switch without effect would be blamed on the judge."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from chassis import KINDS, Make, Send, Thing, deferred, new, until
from worlds import consuming, relay, runner

from chaos.broken import switches
from chaos.broken.builds import BUILDS
from chaos.judge.invariants import INVARIANTS
from chaos.plan import CUT_OFF, TARGETS
from common.broker import Batch, subscribe
from common.consuming import Consuming
from common.errors import Unavailable
from common.settling import Settling
from common.store.sqlite import SqliteStore
from common.testing.memory import MemoryStore

TESTS = Path(__file__).parents[1]


async def test_commit_before_save(breaking: Any) -> None:
    breaking("commit-before-save")
    world, case = consuming.World(), new()
    world.gate.clear()

    taking = asyncio.create_task(world.take(*consuming.run_of(case, "a")))
    await until(lambda: world.inside)

    assert world.consumer.commits != []
    world.gate.set()
    await taking


async def test_outbox_cleared_before_ack(breaking: Any) -> None:
    breaking("outbox-cleared-before-ack")
    world, id_ = relay.World(), new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, deferred(id_))
        await until(lambda: world.publisher.under_way)

        assert not world.store.outbox.get(("things", id_))
        world.publisher.gate.set()


async def test_relay_out_of_order(breaking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter((0.5, 0.25, 0.0))
    monkeypatch.setattr(switches, "random", lambda: next(draws))
    breaking("relay-out-of-order")
    world, id_ = relay.World(), new()
    async with world.running() as process:
        await process.change(id_, *(deferred(id_) for _ in range(3)))
        await world.quiet()

    assert [sequence for _, sequence in world.publisher.told()] == [3, 2, 1]


async def test_cas_without_version(breaking: Any, tmp_path: Path) -> None:
    breaking("cas-without-version")
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    try:
        thing = Thing(id=new(), version=1)
        first, second = (thing.model_copy(update={"version": 2, "n": n}) for n in (1, 2))

        assert [await store.save(one, ()) for one in (thing, first, second)] == [True, True, True]
        found = await store.get(Thing, thing.id)
        assert found is not None
        assert found.n == 2
    finally:
        await store.close()


async def test_lane_unparked_out_of_order(breaking: Any) -> None:
    breaking("lane-unparked-out-of-order")
    world, case = consuming.World(), new()
    await world.take(*consuming.run_of(case, "refuse", "b", "c"))
    redriven: list[int] = []

    async def process(record: Any) -> None:
        redriven.append(record.offset)

    await world.parking.redrive((await world.lane(case)).id, process)

    assert redriven == [2, 1, 0]


async def test_the_bug_that_makes_lanes_to_redrive_is_reportings_and_ends_with_the_redrive(
    breaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str] = []

    async def handle(self: Any, received: Any, under: str = "") -> None:
        handled.append(under)

    async def process(self: Any, record: Any, under: str = "") -> None:
        await Settling.handle(self, record, under)

    monkeypatch.setattr(Settling, "handle", handle)
    monkeypatch.setattr(Consuming, "process", process)
    breaking("lane-unparked-out-of-order")
    received: Any = SimpleNamespace(envelope=SimpleNamespace(topic="case.status-changed", sequence=1, subject=UUID(int=switches.STUMBLES)))
    intake, reporting = (SimpleNamespace(_group=name) for name in ("intake", "reporting"))

    with pytest.raises(RuntimeError):
        await Settling.handle(reporting, received)  # type: ignore[arg-type]
    await Settling.handle(intake, received)  # type: ignore[arg-type]
    await Consuming.process(reporting, received, "redrive")  # type: ignore[arg-type]

    assert handled == ["", "redrive"]


def test_offset_reset_latest(breaking: Any) -> None:
    breaking("offset-reset-latest")
    from faststream.kafka import KafkaBroker

    async def consume(_message: Any) -> None: ...

    subscriber = subscribe(KafkaBroker(), ["case.created"], "group", consume, consuming.World().consuming, Batch(1))

    assert subscriber._connection_args["auto_offset_reset"] == "latest"


async def test_publish_in_handler(breaking: Any) -> None:
    breaking("publish-in-handler")

    class Away(MemoryStore):
        async def save(self, *_saving: Any) -> bool:
            raise Unavailable("The store is away.")

    world = runner.World(Away())

    with pytest.raises(Unavailable):
        await world.runner.run(runner.MAKE, Make(id=new()), runner.origin())

    assert [entry.type for entry in world.woken] == ["case.referred"]


async def test_act_not_taken_out(breaking: Any) -> None:
    breaking("act-not-taken-out")
    world, id_ = relay.World(), new()

    async def taken_by_another(*_entry: Any) -> bool:
        return False

    world.store.take = taken_by_another  # type: ignore[method-assign]
    async with world.running() as process:
        await process.change(id_, Send(id=id_))
        await world.quiet()

    assert world.sender.sent == [id_]


async def test_store_outage_parks_lanes(breaking: Any) -> None:
    breaking("store-outage-parks-lanes")
    world, case = consuming.World(), new()

    await world.take(*consuming.run_of(case, "away"))

    assert (await world.lane(case)).error == "RuntimeError"


def test_a_broken_build_runs_the_services_own_main() -> None:
    """As far as to its settings, which are missing here."""
    ended = subprocess.run(
        [sys.executable, "-m", "chaos.broken", "no-dedupe", "reporting"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(TESTS)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.returncode != 0
    assert "OIDC_ISSUER: Field required" in ended.stderr


def test_an_unknown_build_is_refused() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "chaos.broken", "everything", "intake"],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.returncode != 0
    assert "usage" in ended.stderr


def test_what_is_to_notice_and_to_provoke_a_build_exists() -> None:
    names, faults = (
        {invariant.name for invariant in INVARIANTS if invariant.check},
        {*TARGETS, *CUT_OFF, "none", "mail", "all", "hostile", "power_cut", "restore"},
    )

    assert len(BUILDS) >= 14
    assert {sum(build.durations) for build in BUILDS.values()} == {180}
    assert {name for build in BUILDS.values() for name in build.caught_by} <= names
    assert {word.partition(":")[0] for build in BUILDS.values() for word in build.profile.split(",")} <= faults
