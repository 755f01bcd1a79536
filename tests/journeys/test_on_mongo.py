"""The same journey with every store on the MongoDB protocol."""

from pathlib import Path

import pytest
from journeys.reaching import served
from whole_platform import registration, whole_platform

pytestmark = [pytest.mark.kafka, pytest.mark.mongo]


async def test_a_household_is_registered_told_and_counted_on_mongo_stores(kafka_bootstrap: str, mongo_url: str, tmp_path: Path) -> None:
    async with whole_platform(kafka_bootstrap, tmp_path, mongo_url=mongo_url) as platform:
        case = (await platform.hand_in(registration())).json()["id"]
        await served(platform, case)

        topics = await platform.topics_of(case)
        figure = await platform.ask("reporting", "GET", "/v1/indicators/K2", params={"from": "2026-11-30", "to": "2026-12-31"})

    assert topics.count("visit.confirmed") == topics.count("case.closed") == 1
    assert len(platform.letters) == 4
    assert figure["total"]["value"] == "2"
    assert not list(tmp_path.glob("*.sqlite"))
