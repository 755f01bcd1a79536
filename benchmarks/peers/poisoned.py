"""Takes records some of which break their handler, until so many are settled: `poisoned.py <records> <name that breaks it>`."""

import asyncio
import gc
import sys
from dataclasses import replace
from time import monotonic, process_time
from typing import Any

import orjson
import uvloop

from common.events.party import PartyContactChanged
from common.service import Service
from common.subscribing import on
from notifications.app import build
from notifications.handlers import keep_contact
from notifications.settings import Settings

KILLER = sys.argv[2]


async def keep_or_break(event: PartyContactChanged, ports: Any) -> Any:
    """As notifications does, with a bug for one name."""
    if event.name == KILLER:
        raise KeyError("a bug")
    return await keep_contact(event, ports)


async def main(records: int) -> None:
    """One measurement."""
    blueprint = replace(build(Settings()), subscribes=(on(PartyContactChanged, keep_or_break),), steps=(), acts=(), commands=())
    service = Service(blueprint)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    async with service.running():
        await service.consuming.assigned.wait()
        began, spent = monotonic(), process_time()
        while sum((outcomes := _outcomes(service)).values()) < records:
            await asyncio.sleep(0.02)
        result = {"seconds": monotonic() - began, "cpu": process_time() - spent, "outcomes": outcomes}
    print(orjson.dumps(result).decode())


def _outcomes(service: Service[Any]) -> dict[str, int]:
    samples = [sample for metric in service.metrics.events.collect() for sample in metric.samples if sample.name.endswith("_total")]
    return {sample.labels["outcome"]: int(sample.value) for sample in samples}


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
