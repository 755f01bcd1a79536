"""`python -m chaos.driver SETTINGS`: plays the outside until it is told that the faults have stopped, then helps what is stuck."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson

from chaos.driver.calls import Calls, lines_to
from chaos.driver.hostile import Hostile
from chaos.driver.partners import Partners, sources_of
from chaos.driver.people import People
from chaos.ledger import Ledger
from chaos.region import DESKS, HALLS
from common.clock import ShiftedClock
from loket.supervisor import StateFolder
from loket.tokens import Badges

DAY = 20.0
"""Seconds that a day of the clock takes at least; a short run has three days all the same."""
REDRIVES = 5


async def play(settings: Mapping[str, Any]) -> None:
    """The whole of a run."""
    folder, state = Path(settings["folder"]), StateFolder(Path(settings["state"]))
    duration, rate, seed = settings["duration"], settings["rate"], settings["seed"]
    clock = ShiftedClock(state.clock)
    async with lines_to(settings["addresses"]) as lines:
        calls = Calls(lines, settings["addresses"], Badges(state), Ledger(folder / "calls.jsonl"), Random(f"{seed}/replicas"))
        partners = Partners(calls, clock, state.partner_secrets, sources_of(Path(settings["region"])), settings["marker"], seed)
        day = min(DAY, duration / 3)
        people = People(calls, partners, clock, state.clock, desks(), Random(f"{seed}/people"), day)
        loop = asyncio.get_running_loop()
        ends = loop.time() + duration
        looking = asyncio.create_task(_progress(folder, partners, calls))
        watching = asyncio.create_task(_watch(folder, partners))
        outside = [_submit(partners, people, rate, ends), people.live(ends)]
        if settings["hostile"]:
            outside.append(Hostile(partners, people.today, Random(f"{seed}/hostile")).live(settings["addresses"]["intake"], ends))
        await asyncio.gather(*outside)
        await watching
        await _help(folder, people, calls)
        looking.cancel()
        _write_progress(folder, partners, calls)


async def _submit(partners: Partners, people: People, rate: float, ends: float) -> None:
    """Each at its own moment, whatever the answers do; returns when the last has come to its end."""
    loop, under_way, number = asyncio.get_running_loop(), set[asyncio.Task[None]](), 0
    began = loop.time()
    while (now := loop.time()) < ends:
        for due in range(number, int((now - began) * rate) + 1):  # all whose moment has come, also when this process was held up
            task = asyncio.create_task(partners.hand_in(due, people.today()))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        number = int((now - began) * rate) + 1
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
    await asyncio.gather(*under_way)


async def _watch(folder: Path, partners: Partners) -> None:
    """Until the rig says that the faults have stopped."""
    while not (folder / "calm").exists():
        await asyncio.sleep(0.1)
    partners.calm.set()


async def _help(folder: Path, people: People, calls: Calls) -> None:
    """When the faults have stopped: every lane that waits for another reason than poison goes on."""
    poison = _poisoned(folder)
    for _ in range(REDRIVES):
        stuck = [
            (service, lane)
            for service in calls.addresses
            for lane in await calls.look(service, "ops", "/v1/lanes", limit=1000) or []
            if lane["kind"] != "quarantine" and not set(lane["records"]) & poison
        ]
        if not stuck:
            return
        for service, lane in sorted(stuck, key=lambda one: str(one[1]["parkedAt"])):
            await people.redrive(service, lane)


def _poisoned(folder: Path) -> set[str]:
    path = folder / "poison.jsonl"
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
    return {f"{line['topic']}/{line['partition']}@{line['offset']}" for line in lines}


async def _progress(folder: Path, partners: Partners, calls: Calls) -> None:
    while True:
        _write_progress(folder, partners, calls)
        await asyncio.sleep(1)


def _write_progress(folder: Path, partners: Partners, calls: Calls) -> None:
    """For whoever looks on."""
    draft = folder / "progress.draft"
    draft.write_bytes(orjson.dumps({"sent": partners.sent, "cases": len(partners.taken), "calls": calls.count}))
    draft.replace(folder / "progress.json")


def desks() -> list[str]:
    """Every desk of the rig's region."""
    return [
        f"hall_{n}.{organisation}.{m}" for n in range(HALLS) for organisation, (count, _) in DESKS.items() for m in range(count if n else 1)
    ]


if __name__ == "__main__":
    asyncio.run(play(orjson.loads(Path(sys.argv[1]).read_bytes())))
