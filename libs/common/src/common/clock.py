"""What time it is: in UTC, and on one machine possibly shifted forward so that a month can be played in a minute."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Protocol

LONGEST = timedelta(days=3660)
LOOK_AGAIN = 0.05  # seconds between two looks at the shift of the clock


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that may ask


class ShiftedClock:
    """The time of this machine plus a shift kept in a file (`{"shift_seconds": n}`) that all services read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shift = timedelta()
        self._looked = float("-inf")
        self._changed = -1

    def now(self) -> datetime:
        if monotonic() - self._looked > LOOK_AGAIN:
            self._look()
        return datetime.now(UTC) + self._shift  # noqa: TID251 - the one place that may ask

    def _look(self) -> None:
        self._looked = monotonic()
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._changed:
                self._shift = max(self._shift, shift_in(self._path.read_text()))
                self._changed = changed
        except (FileNotFoundError, ValueError):
            return  # no shift yet, or none that can be read: the last known one stands, since time does not go back


def shift_in(text: str) -> timedelta:
    """What a file says of the shift; raises ValueError for anything but a number of seconds from now to ten years ahead."""
    said = json.loads(text)
    seconds = said.get("shift_seconds") if isinstance(said, dict) else None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= LONGEST.total_seconds():
        raise ValueError("The file of the clock holds no shift.")
    return timedelta(seconds=seconds)


def clock_of(file: Path | None, environment: str) -> Clock:
    """The machine's time, shifted by a file where there is one; never in production."""
    return ShiftedClock(file) if file and environment != "production" else SystemClock()
