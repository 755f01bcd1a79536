"""A file of JSON lines that is on the disk before its writer goes on."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import orjson


class Ledger:
    """One line per thing that happened; `at` is the real time."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._written = self._synced = 0
        self._syncing: asyncio.Future[None] | None = None

    def note(self, **line: Any) -> None:
        """On the disk when it returns."""
        self._write(line)
        os.fsync(self._descriptor)

    async def noted(self, **line: Any) -> None:
        """The same without holding up the loop; those who write at the same time share one fsync."""
        self._write(line)
        mine = self._written
        while self._synced < mine:
            if self._syncing is None:
                self._syncing = asyncio.ensure_future(self._sync())
            await asyncio.shield(self._syncing)

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._descriptor, orjson.dumps({"at": time.time(), **line}) + b"\n")  # one write: whole, or not at all
        self._written += 1

    async def _sync(self) -> None:
        reached = self._written
        try:
            await asyncio.to_thread(os.fsync, self._descriptor)
            self._synced = reached
        finally:
            self._syncing = None
