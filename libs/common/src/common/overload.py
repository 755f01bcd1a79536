"""Says when new work should come later: of one submitter, or of all."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from common.clock import Clock

LOOK_AGAIN = timedelta(seconds=0.25)  # every request asks, and a look goes over all that is under way: 2,000 at most, 0.1 µs each
COME_BACK = timedelta(seconds=10)
LATER = timedelta(minutes=5)  # somebody has to look at what is parked


class Cause(StrEnum):
    """Why work is to come later."""

    BEHIND = "behind"  # what came in has not been passed on yet
    PARKED = "parked"  # too much that this submitter sent waits for somebody's help


class Wait(NamedTuple):
    """How long whoever asks should stay away, and why."""

    time: timedelta
    cause: Cause


class UnderWay(Protocol):
    """What waits to be told."""

    def oldest_by_submitter(self) -> dict[str, datetime]: ...


class ParkedLanes(Protocol):
    """What waits for help."""

    def parked_of(self, submitter: str) -> int: ...


class Overload:
    """A submitter waits while its own entries are late or its own lanes too many; everybody does when several are late."""

    def __init__(self, relay: UnderWay, parked: ParkedLanes, clock: Clock, limit_seconds: float, most_parked: int) -> None:
        self._relay, self._parked, self._clock = relay, parked, clock
        self._limit, self._most_parked = timedelta(seconds=limit_seconds), most_parked
        self._looked: datetime | None = None
        self._late: set[str] = set()

    def wait(self, submitter: str) -> Wait | None:
        """How long a submitter should stay away, or None."""
        now = self._clock.now()
        if self._looked is None or not timedelta() <= now - self._looked < LOOK_AGAIN:
            oldest, self._looked = self._relay.oldest_by_submitter(), now
            self._late = {one for one, since in oldest.items() if now - since > self._limit}
        if submitter in self._late or len(self._late) > 1 or "" in self._late:
            return Wait(COME_BACK, Cause.BEHIND)
        return Wait(LATER, Cause.PARKED) if submitter and self._parked.parked_of(submitter) >= self._most_parked else None
