"""Says when so much waits to be told that new work should come later."""

from datetime import datetime, timedelta
from typing import Protocol

from common.clock import Clock

LOOK_AGAIN = timedelta(seconds=0.25)  # every request asks, and a look goes over all that is under way: 2,000 at most, 0.1 µs each
COME_BACK = timedelta(seconds=10)


class UnderWay(Protocol):
    """What waits to be told."""

    def oldest(self) -> datetime | None: ...


class Overload:
    """The oldest entry under way is older than `limit_seconds`."""

    def __init__(self, relay: UnderWay, clock: Clock, limit_seconds: float) -> None:
        self._relay, self._clock, self._limit = relay, clock, timedelta(seconds=limit_seconds)
        self._looked: datetime | None = None
        self._late = False

    def wait(self) -> timedelta | None:
        """How long whoever asks for more should stay away, or None."""
        now = self._clock.now()
        if self._looked is None or not timedelta() <= now - self._looked < LOOK_AGAIN:
            oldest, self._looked = self._relay.oldest(), now
            self._late = oldest is not None and now - oldest > self._limit
        return COME_BACK if self._late else None
