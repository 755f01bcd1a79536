"""How long a part that keeps ending rests before it is started again: longer each time, a minute at most."""

from collections import defaultdict, deque
from collections.abc import Callable
from time import monotonic

WINDOW = 600.0
"""Seconds; ends from before do not count any more."""
LONGEST = 60.0


class Pauses:
    """Exponential back-off per part; the first end costs no pause."""

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self._time = time
        self._ends: dict[str, deque[float]] = defaultdict(deque)
        self._until: dict[str, float] = {}

    def rests(self, part: str) -> bool:
        """Whether its end has been noted and it has not been started since."""
        return part in self._until

    def note_end(self, part: str) -> tuple[int, float]:
        """How often it has ended of late, and for how many seconds it rests now."""
        ends, now = self._ends[part], self._time()
        ends.append(now)
        while ends[0] < now - WINDOW:
            ends.popleft()
        pause = 0.0 if len(ends) == 1 else min(LONGEST, 2.0 ** (len(ends) - 2))
        self._until[part] = now + pause
        return len(ends), pause

    def may_start(self, part: str) -> bool:
        """Whether it has rested long enough; it is then taken to be started."""
        if self._time() < self._until[part]:
            return False
        del self._until[part]
        return True
