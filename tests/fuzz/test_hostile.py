"""Two hundred and more hostile requests of a partner that is known: each is refused with a reason, nothing is stored, nothing repeated."""

from typing import Any

import httpx
import pytest
from fuzz.gate import NOW, REGION
from fuzz.hostile import BSNS, MARK, PARTNER, hostile, right

from common.service import Service
from common.testing.issuer import Badge, issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import StoppedClock
from intake.app import build
from intake.domain.case import Case
from intake.settings import Settings

REQUESTS = list(hostile())
REFUSED = {400, 403, 413, 415}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service[Any]:
    settings = Settings(
        **issuer_settings(), region_path=REGION.parent, partner_secrets_path=tmp_path_factory.mktemp("p"), log_level="error"
    )
    return offline(build(settings), MemoryStore(), StoppedClock(NOW))[0]


async def hand_in(service: Service[Any], headers: dict[str, str], body: bytes) -> httpx.Response:
    badge = Badge(service.clock, "partner", partner=PARTNER)
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://intake", auth=badge) as client:
        return await client.post("/v1/events", content=body, headers=raw)


def test_there_are_two_hundred_and_all_are_different() -> None:
    assert len(REQUESTS) >= 200
    assert len({(str(headers), body) for _, headers, body in REQUESTS}) == len(REQUESTS)


async def test_what_they_are_made_of_is_right(service: Service[Any]) -> None:
    import json

    answer = await hand_in(service, {"content-type": "application/cloudevents+json"}, json.dumps(right()).encode())
    assert answer.status_code == 202
    for case in await service.store.find(Case, {}):
        await service.store.delete(Case, case.id)


@pytest.mark.parametrize(("headers", "body"), [one[1:] for one in REQUESTS], ids=[one[0] for one in REQUESTS])
async def test_it_is_refused_with_a_reason(service: Service[Any], headers: dict[str, str], body: bytes) -> None:
    answer = await hand_in(service, headers, body)

    assert answer.status_code in REFUSED, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert MARK not in answer.text
    assert not any(bsn in answer.text for bsn in BSNS)
    assert await service.store.find(Case, {}) == []
