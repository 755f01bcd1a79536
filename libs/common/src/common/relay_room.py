"""How much may be under way at once before others wait: each aggregate under way holds a task and what it carries, such as a letter."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

MOST = 2000
"""Aggregates under way; those before a gate that stands still are not counted, since nobody knows for how long."""
ENOUGH_AGAIN = 1000
MOST_IN_MEMORY = 10_000
"""Aggregates under way, with those as well: then memory is what is short."""


REMEMBERED = 20_000
"""Aggregates whose last position is known."""


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


class Positions:
    """Up to which position each aggregate's entries have been carried out; whom nobody has used for longest is forgotten first."""

    def __init__(self) -> None:
        self._last: OrderedDict[Hashable, int] = OrderedDict()

    def of(self, key: Hashable) -> int:
        """The last position that was carried out; 0 where that is not known."""
        return self._last.get(key, 0)

    def remember(self, key: Hashable, position: int) -> None:
        """Everything up to a position has been carried out."""
        self._last[key] = position
        self._last.move_to_end(key)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
