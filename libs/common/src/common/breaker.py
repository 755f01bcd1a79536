"""Stops the consumer when so many lanes are parked that it cannot be the cases that are wrong; what one submitter sends never does."""

from collections import Counter, deque
from datetime import datetime, timedelta
from typing import NamedTuple

from common.clock import Clock
from common.errors import Unavailable


class Stopped(Unavailable):
    """The breaker is open: nothing more is parked, and what fails is read again after its reset."""


class _Parked(NamedTuple):
    at: datetime
    submitter: str


class Breaker:
    """Opens when more lanes are parked within a minute than single cases, or single partners, could explain.

    Lanes of one submitter count for half the limit at most, so that it takes three of them; lanes of no known submitter count one by one.
    """

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._parked: deque[_Parked] = deque()
        self.opened_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether nothing is parked any more."""
        return self.opened_at is not None

    def count(self, submitter: str = "") -> None:
        """One more lane is to be parked; `Stopped` when that is one too many."""
        if self.open:
            raise Stopped("Too many lanes were parked within a minute.")
        now = self._clock.now()
        self._parked.append(_Parked(now, submitter))
        while self._parked and self._parked[0].at < now - timedelta(minutes=1):
            self._parked.popleft()
        if self._weight() > self._limit:
            self.opened_at = now

    def take_back(self) -> None:
        """The lane last counted could not be parked after all."""
        if self._parked:
            self._parked.pop()

    def trip(self, at: datetime) -> None:
        """Open, as another replica has."""
        self.opened_at = self.opened_at or at

    def reset(self) -> None:
        """Let the consumer go on."""
        self._parked.clear()
        self.opened_at = None

    def _weight(self) -> int:
        known = Counter(parked.submitter for parked in self._parked)
        unknown = known.pop("", 0)
        return unknown + sum(min(count, self._limit // 2) for count in known.values())
