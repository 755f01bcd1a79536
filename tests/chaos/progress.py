"""What somebody sees while a run goes on."""

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import orjson
from rich.console import Console

from chaos.platform import Platform

if TYPE_CHECKING:
    from chaos.killer import Killer

UNDONE = {
    *("start", "sigcont", "disk_freed", "broker_start", "cutoff_over", "power_back"),
    *("backup", "refused", "not_refused", "recovered", "restore_over"),
}
"""The other half of a fault."""
EVERY = 10.0
"""Seconds between two lines where nobody looks at a terminal."""


class Progress:
    """Lines; on a terminal the last one is written over."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, sentence: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {sentence}", highlight=False)

    async def follow(self, platform: Platform, killer: "Killer", duration: float) -> None:
        """Until cancelled."""
        began = time.monotonic()
        terminal = self._console.is_terminal
        while True:
            await asyncio.sleep(1.0 if terminal else EVERY)
            line = f"{time.monotonic() - began:4.0f} of {duration:.0f} s   {handed_in(platform)}   {faults(killer.done)}"
            cut = {"end": "\r", "overflow": "crop", "no_wrap": True} if terminal else {"soft_wrap": True}
            self._console.print(line, highlight=False, **cut)


def handed_in(platform: Platform) -> str:
    """What the driver says of itself."""
    path = platform.folder / "progress.json"
    if not path.exists():
        return "nothing handed in yet"
    said = orjson.loads(path.read_bytes())
    calls = said["calls"]
    outcomes = ", ".join(f"{calls.get(f'submit {phase}', 0)} {phase}" for phase in ("ok", "refused", "unknown"))
    others = sum(count for what, count in calls.items() if not what.startswith("submit"))
    return f"{said['sent']} submissions ({outcomes}), {others} other calls"


def faults(done: Counter[str]) -> str:
    """What was done, the most frequent first."""
    shown = [
        f"{count} {fault}"
        for fault, count in done.most_common()
        if fault
        not in {
            "start",
            "sigcont",
            "disk_freed",
            "broker_start",
            "cutoff_over",
            "power_back",
            "restore_over",
            "backup",
            "refused",
            "not_refused",
            "recovered",
        }
    ]
    return ", ".join(shown) or "no fault yet"
