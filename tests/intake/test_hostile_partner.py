"""One partner hands in what cannot be screened, one after the other: it alone is held up, and everything is mended afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.breaker import Breaker
from common.overload import COME_BACK, Cause, Overload, Wait
from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from intake.app import build
from intake.domain.case import Case
from intake.settings import Settings

from .bench import REGION, Desk, Lines, event

HOSTILE, HONEST, LIMIT = "university", "shared-service-centre", 6


@pytest.fixture
async def attacked(secrets: Path, clock: Any) -> AsyncIterator[Desk]:
    """An intake whose breaker opens early, and whose screening has a bug for the cases of one partner until it is mended."""
    settings = Settings(region_path=REGION.parent, **issuer_settings(), partner_secrets_path=secrets, breaker_lanes_per_minute=LIMIT)
    service, _ = offline(build(settings), MemoryStore(), clock)
    service.context.log = Lines()
    steps = service.relay._carrying.steps
    whole = steps["ScreenCase"]

    async def screen(step: Any, ports: Any) -> Any:
        case = await ports.cases.get(step.case_id)
        if case.partner_id == HOSTILE:
            raise OverflowError("date value out of range")
        return await whole.handler(step, ports)

    steps["ScreenCase"] = replace(whole, handler=screen)
    await service.relay.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://intake") as client:
        desk = Desk(service, client)
        desk.mend = lambda: steps.update(ScreenCase=whole)

        async def settle() -> None:
            while not service.relay.idle() and not service.breaker.open:
                await asyncio.sleep(0)

        desk.settle = settle
        yield desk
    await service.relay.stop(0)


async def attack(desk: Any, fast_track: Any) -> tuple[Counter[int], list[str]]:
    """What the attacker was answered, and what went wrong for those who had done nothing."""
    theirs: Counter[int] = Counter()
    wrong: list[str] = []

    async def hand_in_badly(number: int) -> None:
        theirs[(await desk.hand_in(event(fast_track(), f"bad-{number}", partner=HOSTILE), partner=HOSTILE)).status_code] += 1

    await asyncio.gather(*map(hand_in_badly, range(2 * LIMIT)))  # all at once: each is taken before the first has failed
    for number in range(2 * LIMIT, 3 * LIMIT):
        await hand_in_badly(number)
    desk.service.clock.forward(timedelta(seconds=61))
    for number in range(3):
        answer = await desk.hand_in(event(fast_track(), f"good-{number}", partner=HONEST), partner=HONEST)
        if answer.status_code != 202:
            wrong.append(f"another partner got {answer.status_code}")
        elif (await desk.service.store.get(Case, UUID(answer.json()["id"]))).status == "received":
            wrong.append("another partner's case was not screened")
    return theirs, wrong + (["the breaker is open"] if desk.service.breaker.open else [])


async def test_it_is_told_to_come_back_and_nobody_else_is_and_all_is_mended_afterwards(attacked: Any, fast_track: Any) -> None:
    theirs, wrong = await attack(attacked, fast_track)

    assert wrong == []
    assert theirs == {202: 2 * LIMIT, 429: LIMIT}
    attacked.mend()
    for lane in await attacked.service.parking.list(100, 0):
        await attacked.service.parking.redrive(lane.id, attacked.service.consuming.process)
    await attacked.settle()
    assert await attacked.service.parking.list(100, 0) == []
    await attacked.service.relay._look_for_left()
    await attacked.settle()
    assert {case.status for case in await attacked.service.store.find(Case, {})} == {"accepted"}


def counting_lanes_whoever_sent_them(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Breaker, "_weight", lambda self: len(self._parked))


def asking_all_to_wait_for_one(patch: pytest.MonkeyPatch) -> None:
    def wait(self: Overload, _submitter: str) -> Wait | None:
        return Wait(COME_BACK, Cause.BEHIND) if any(count >= LIMIT for count in self._parked._by_submitter.values()) else None  # type: ignore[attr-defined]

    patch.setattr(Overload, "wait", wait)


@pytest.mark.parametrize("broken", [counting_lanes_whoever_sent_them, asking_all_to_wait_for_one])
async def test_builds_in_which_one_holds_up_all_are_noticed(
    attacked: Any, fast_track: Any, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)

    assert (await attack(attacked, fast_track))[1]
