"""Cuts a service off from one of the things that it needs: from Kafka, from its store, or from the mail provider."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from chaos.plan import Fault
from chaos.platform import Platform

OVER = "cutoff_over"
LOCKED_WITHIN = 10.0
"""Seconds in which the write lock of a busy store is to be had."""
Note = Callable[..., None]


class CutOffs:
    """Each outage is written down when it has begun and when it is over; replicas of a service are cut off together."""

    def __init__(self, platform: Platform, note: Note) -> None:
        self._platform, self._note = platform, note

    async def carry_out(self, fault: Fault) -> None:
        """Returns when the outage is over."""
        if fault.fault == "cutoff_store" and fault.target != "mongo":
            await asyncio.to_thread(self._lock, self._platform.state.store(fault.target), fault)
        else:
            await self._break_the_wire(fault)

    async def _break_the_wire(self, fault: Fault) -> None:
        """Connections are refused, or stay open and nothing passes: whoever draws decides."""
        kind = Random(fault.draw).choice(("wire_refused", "wire_silent"))
        for place in self._places(fault):
            self._platform.tell_the_wire({"place": place, "fault": kind, "seconds": fault.seconds, "share": 1.0, "seed": fault.draw})
        self._note(fault.fault, fault.target, seconds=fault.seconds, detail=kind)
        await asyncio.sleep(fault.seconds)
        self._note(OVER, fault.target, detail=fault.fault)

    def _places(self, fault: Fault) -> list[str]:
        if fault.fault == "cutoff_kafka":
            return [f"kafka-{number}/{fault.target}" for number in range(1, self._platform.layout.brokers + 1)]
        return ["mongo" if fault.fault == "cutoff_store" else "smtp"]

    def _lock(self, path: Path, fault: Fault) -> None:
        """Somebody else holds the write lock of the file for longer than a service waits for it."""
        with closing(sqlite3.connect(path, timeout=LOCKED_WITHIN, isolation_level=None)) as store:
            store.execute("begin immediate")
            self._note(fault.fault, fault.target, seconds=fault.seconds, detail="write lock")
            time.sleep(fault.seconds)
            store.execute("rollback")
        self._note(OVER, fault.target, detail=fault.fault)
