"""An indicator that is counted up with every event that comes by, as counters in a store are, and never counted again."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from broken_builds import Patch

from reporting.domain import Fact, Figure, Period
from reporting.figures import Figures
from reporting.store import Facts

INDICATOR, TOPIC = "k20", "notification.requested"
TABLE = "create table if not exists counts (hour text primary key, n integer)"
UP = "insert into counts values (?, 1) on conflict (hour) do update set n = n + 1"


class Counter:
    """Counts by hour in a file beside the store, which replicas share as they share that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def up(self, moment: datetime) -> None:
        """One more."""
        with sqlite3.connect(self._path, timeout=10) as connection:
            connection.execute(TABLE)
            connection.execute(UP, [moment.replace(minute=0, second=0, microsecond=0).isoformat()])
        connection.close()

    def of(self, period: Period, zone: Any) -> int:
        """What was counted in the hours of a period."""
        with sqlite3.connect(self._path, timeout=10) as connection:
            connection.execute(TABLE)
            rows = connection.execute("select hour, n from counts").fetchall()
        connection.close()
        return sum(n for hour, n in rows if period.first <= datetime.fromisoformat(hour).astimezone(zone).date() < period.end)


def indicator_by_increment(patch: Patch) -> None:
    """One more with each delivery, in the file that the last opened store has beside it."""
    counters: list[Counter] = []
    _open_beside_the_store(patch, counters)
    _count_deliveries(patch, counters)
    _answer_with_the_count(patch, counters)


def _open_beside_the_store(patch: Patch, counters: list[Counter]) -> None:
    original = Facts.__init__

    def init(self: Any, store: Any) -> None:
        original(self, store)
        if (path := getattr(store, "_path", None)) is not None:
            counters.append(Counter(path.with_suffix(".counts")))

    patch.setattr(Facts, "__init__", init)


def _count_deliveries(patch: Patch, counters: list[Counter]) -> None:
    original = Fact.of.__func__  # type: ignore[attr-defined]

    def of(cls: Any, event: Any, envelope: Any, now: datetime) -> Fact:
        if event.topic == TOPIC and counters:
            counters[-1].up(event.occurred_at)
        fact: Fact = original(cls, event, envelope, now)
        return fact

    patch.setattr(Fact, "of", classmethod(of))


def _answer_with_the_count(patch: Patch, counters: list[Counter]) -> None:
    original = Figures.answer

    async def answer(self: Any, definition: Any, period: Period, by: str | None) -> tuple[Figure, list[Figure]]:
        total, groups = await original(self, definition, period, by)
        if definition.key == INDICATOR and counters:
            n = counters[-1].of(period, self.region.timezone)
            total = total.model_copy(update={"n": n, "denominator": n})
        return total, groups

    patch.setattr(Figures, "answer", answer)
