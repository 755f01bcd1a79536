"""Back up, go on, restore each store alone and all of them: each is refused, recovered, and nothing is given or sent twice."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from drill.town import SERVICES, Town, violations

from common.log_view import LogState
from common.pairing import Pairing
from loket.embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.kafka
LONG = os.environ.get("LOKET_DRILL") == "long"
LOST = [(service,) for service in SERVICES] + [SERVICES] if LONG else [("scheduling", "notifications")]


async def worked(town: Town) -> None:
    """Cases before a backup and after it, among them visits that move to slots that others had."""
    async with town.open() as platform:
        before = await town.serve(platform, 4)
    town.back_up()
    async with town.open() as platform:
        await town.serve(platform, 3)
        visit = (await platform.ask("scheduling", "GET", "/v1/visits", params={"case": before[0]}))[0]
        await platform.ask(
            "scheduling", "POST", f"/v1/visits/{visit['visitId']}/cancel", json={"by": "client", "reasonCode": "ill", "rebook": True}
        )
        await platform.ask("intake", "POST", f"/v1/cases/{before[1]}/withdraw", json={"reasonCode": "client_request"})
        await town.serve(platform, 2)
        assert await violations(town, platform) == []


async def goes_on(town: Town) -> None:
    """Those who come now are served as if nothing had happened."""
    async with town.open() as platform:
        letters = len(platform.letters)
        new = await town.serve(platform, 3)
        assert await violations(town, platform) == []
        for case in new:
            (visit,) = await platform.ask("scheduling", "GET", "/v1/visits", params={"case": case})
            assert visit["stage"] == "confirmed"
        assert len(platform.letters) - letters >= 2 * len(new)


@pytest.mark.parametrize("lost", LOST, ids="+".join)
async def test_a_store_from_before_is_refused_and_recovered(kafka_bootstrap: str, tmp_path: Path, lost: tuple[str, ...]) -> None:
    town = Town(kafka_bootstrap, tmp_path)
    await worked(town)
    town.restore(lost)

    assert set(await town.refusals()) == set(lost)
    for service in lost:
        assert await town.recover(service), town.said
    assert await town.refusals() == {}

    await goes_on(town)
    if lost != ("reporting",):
        assert await town.figures_are_equal(), town.said


@pytest.mark.skipif(not LONG, reason="make drill")
async def test_a_build_that_does_not_compare_is_noticed(kafka_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kafka_bootstrap, tmp_path)
    await worked(town)
    town.restore(["scheduling"])

    async def anything_goes(self: Pairing, log: LogState) -> None:
        return None

    monkeypatch.setattr(Pairing, "disagreement", anything_goes)

    async with town.open() as platform:
        await town.serve(platform, 3)
        assert await violations(town, platform)


@pytest.mark.skipif(not LONG, reason="make drill")
@pytest.mark.parametrize("keep", [0.5, 600.0], ids=["long ago", "just now"])
async def test_a_log_that_is_older_than_the_stores_is_mended_or_refused_and_recovered(tmp_path: Path, keep: float) -> None:
    kafka = EmbeddedKafka(tmp_path / "kafka")
    town = Town(await asyncio.to_thread(kafka.start), tmp_path, keep=keep)
    try:
        async with town.open() as platform:
            await town.serve(platform, 4)
            await asyncio.sleep(4 * min(keep, 1.0))
        await asyncio.to_thread(kafka.stop)
        shutil.copytree(kafka.folder / "records", tmp_path / "log")
        await asyncio.to_thread(kafka.start)
        async with town.open() as platform:
            await town.serve(platform, 3)
            await asyncio.sleep(4 * min(keep, 1.0))
        await asyncio.to_thread(kafka.stop)
        shutil.rmtree(kafka.folder / "records")
        shutil.copytree(tmp_path / "log", kafka.folder / "records")
        await asyncio.to_thread(kafka.start)

        refused = await town.refusals()

        assert set(refused) == (set(SERVICES) - {"reporting"} if keep < 1 else set())  # reporting's own figures may not have changed
        for service in refused:
            assert await town.recover(service), town.said
        async with town.open() as platform:
            await town.serve(platform, 2)
            assert await violations(town, platform) == []
    finally:
        await asyncio.to_thread(kafka.stop)
