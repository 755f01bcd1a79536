"""Asks a store whether it can still be written and read; once a second at most, however often somebody wants to know."""

import asyncio

from common.errors import Unavailable
from common.store.port import Store

FRESH = 1.0  # seconds that an answer is good for
LONGEST = 3.0  # seconds until a store that says nothing counts as away


class StoreProbe:
    """Who asks while it is being asked waits for the same answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._failure: str | None = None

    async def failure(self) -> str | None:
        """Why the store cannot be worked on, or None."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now - self._asked_at >= FRESH:
                self._failure = await self._ask()
                self._asked_at = now
            return self._failure

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(LONGEST):
                await self._store.probe()
        except TimeoutError:
            return "the store does not answer."
        except Unavailable as error:
            return str(error)
        return None
