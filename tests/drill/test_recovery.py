"""Back up, go on, restore each store alone and all of them: each is refused, recovered, and nothing is given or sent twice."""

import os
from pathlib import Path

import pytest
from drill.town import SERVICES, Town, violations

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
