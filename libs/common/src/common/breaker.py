"""Stops the consumer when so many lanes are parked that it cannot be the cases that are wrong."""

from collections import deque
from datetime import datetime, timedelta

from common.clock import Clock
from common.errors import Unavailable


class Stopped(Unavailable):
    """The breaker is open: nothing more is parked, and what fails is read again after its reset."""


class Breaker:
    """Opens when more lanes are parked within a minute than single cases could explain."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._parked: deque[datetime] = deque()
        self.open = False

    def count(self) -> None:
        """One more lane is to be parked; `Stopped` when that is one too many."""
        if self.open:
            raise Stopped("Too many lanes were parked within a minute.")
        now = self._clock.now()
        self._parked.append(now)
        while self._parked and self._parked[0] < now - timedelta(minutes=1):
            self._parked.popleft()
        self.open = self.open or len(self._parked) > self._limit

    def take_back(self) -> None:
        """The lane last counted could not be parked after all."""
        if self._parked:
            self._parked.pop()

    def reset(self) -> None:
        """Let the consumer go on."""
        self._parked.clear()
        self.open = False
