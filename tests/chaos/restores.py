"""A store that was lost: its service is stopped, a copy from before is put back, and it is recovered as the recovery page says."""

import asyncio
import os
import sys
from collections.abc import Callable

import orjson

from chaos.plan import Fault
from chaos.platform import Platform
from chaos.processes import Process
from chaos.stores import copy_sqlite

OVER = "restore_over"
DECIDES_WITHIN = 60.0
"""Seconds in which a service that was started on a store from before must have ended, or be ready."""


class Restores:
    """What is noted: when the copy was made, what the service said to it, what recovery said, and when all replicas ran again."""

    def __init__(self, platform: Platform, note: Callable[..., None]) -> None:
        self._platform, self._note = platform, note

    async def carry_out(self, fault: Fault) -> None:
        """`seconds` go by between the copy and its coming back."""
        service = fault.target
        store, replicas = self._platform.state.store(service), self._platform.of(service)
        backup = self._platform.folder / f"{service}-backup.sqlite"
        await asyncio.to_thread(copy_sqlite, store, backup)
        self._note("backup", service, seconds=fault.seconds)
        await asyncio.sleep(fault.seconds)
        await asyncio.gather(*(process.end() for process in replicas))
        for file in store.parent.glob(f"{store.name}*"):
            file.unlink()
        copy_sqlite(backup, store)
        self._note(fault.fault, service)
        status = await self._refusal(replicas[0])
        self._note("refused" if status else "not_refused", service, detail=f"status {status}: {self._last_words(replicas[0])}")
        if status:
            status, said = await self._recover(service)
            self._note("recovered", service, detail=f"status {status}: {said}")
        for process in replicas:
            process.start()
        await asyncio.gather(*(process.ready() for process in replicas))
        self._note(OVER, service)

    async def _refusal(self, process: Process) -> int | None:
        """The status with which it ends by itself; None when it works on."""
        process.start()
        process.wanted = False  # nobody is to start it again
        for _ in range(int(DECIDES_WITHIN / 0.25)):
            await asyncio.sleep(0.25)
            assert process.child is not None
            if not process.alive:
                return process.child.popen.returncode
            if await process.ready(0.25):
                break
        return None

    def _last_words(self, process: Process) -> str:
        """The reason of its refusal, by its log."""
        said = ""
        for text in (self._platform.output / f"{process.name}.log").read_bytes().splitlines():
            if b'"store refused"' in text:
                said = orjson.loads(text)["reason"]
        return said

    async def _recover(self, service: str) -> tuple[int | None, str]:
        """What people do on one machine: `loket recover`, on the rig's Kafka."""
        layout = self._platform.layout
        own = {
            "LOKET_FOLDER": str(layout.folder),
            "LOKET_PORT_BASE": str(self._platform.options.port_base),
            "KAFKA_BOOTSTRAP_SERVERS": layout.bootstrap,
            "REGION_PATH": str(layout.region),
            "SMTP_DEDUPLICATES": "false",
            "LOG_LEVEL": "error",
        }
        recovering = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "loket", "recover", service, "--yes"),
            env=os.environ | own,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await recovering.communicate()
        return recovering.returncode, " ".join(said.decode().split())
