"""Stops the consumer when so many lanes are parked that it cannot be the cases that are wrong."""

from collections import deque
from datetime import datetime, timedelta

from common.clock import Clock


class Breaker:
    """Opens when more lanes are parked within a minute than single cases could explain."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._parked: deque[datetime] = deque()
        self.open = False

    def count(self) -> None:
        """One more lane has been parked."""
        now = self._clock.now()
        self._parked.append(now)
        while self._parked and self._parked[0] < now - timedelta(minutes=1):
            self._parked.popleft()
        self.open = self.open or len(self._parked) > self._limit

    def reset(self) -> None:
        """Let the consumer go on."""
        self._parked.clear()
        self.open = False
