"""How much may be under way at once before others wait: each aggregate under way holds a task and what it carries, such as a letter."""

import asyncio

MOST = 2000
"""Aggregates under way; those before a gate that stands still are not counted, since nobody knows for how long."""
ENOUGH_AGAIN = 1000
MOST_IN_MEMORY = 10_000
"""Aggregates under way, with those as well: then memory is what is short."""


class Room:
    """Full and empty at different counts, so that who waits is not woken for each place that becomes free."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()

    def measure(self, under_way: int, standing: int) -> None:
        """Tell how many there are, and how many of them wait before a gate that stands still."""
        if under_way - standing > MOST or under_way > MOST_IN_MEMORY:
            self._free.clear()
        elif under_way - standing < ENOUGH_AGAIN:
            self._free.set()

    async def wait(self) -> None:
        """Until not too much is under way."""
        await self._free.wait()

    def full(self) -> bool:
        """Whether others have to wait."""
        return not self._free.is_set()
