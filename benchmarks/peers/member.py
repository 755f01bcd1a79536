"""A member of a group: joins at SIGUSR1, leaves at SIGTERM, and then writes down when it handled what: `member.py <file>`."""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import uvloop

from common.events.party import PartyContactChanged
from common.service import Service
from common.subscribing import on
from notifications.app import build
from notifications.handlers import keep_contact
from notifications.settings import Settings

handled: dict[str, float] = {}
"""The moment (CLOCK_MONOTONIC) at which each party's event first came to the handler here."""


async def note(event: PartyContactChanged, ports: Any) -> Any:
    """As notifications does, and noted."""
    handled.setdefault(str(event.party_id), monotonic())
    return await keep_contact(event, ports)


async def main(file: Path) -> None:
    """One membership."""
    join, leave, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, join.set)
    loop.add_signal_handler(signal.SIGTERM, leave.set)
    blueprint = replace(build(Settings()), subscribes=(on(PartyContactChanged, note),), steps=(), acts=(), commands=())
    service = Service(blueprint)
    print("READY", flush=True)
    await join.wait()
    async with service.running():
        await service.consuming.assigned.wait()
        print("JOINED", flush=True)
        await leave.wait()
    file.write_bytes(orjson.dumps(handled))


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
