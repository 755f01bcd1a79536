"""Live figures beside rebuilt ones."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from reporting.domain import Fact, Figure, Period
from reporting.figures import Figures
from reporting.rebuild.replay import Ends
from reporting.store import Facts


class Line(NamedTuple):
    """One figure, whole or in groups, as both stores give it."""

    key: str
    by: str | None
    live: Sequence[Figure]
    rebuilt: Sequence[Figure]

    @property
    def equal(self) -> bool:
        """Whether every digit, number and group is the same."""
        return list(self.live) == list(self.rebuilt)


class FactsBefore:
    """The facts of a live store that lie before the offsets to which the log was read; newer ones come while we read."""

    def __init__(self, facts: Facts, ends: Ends) -> None:
        self._facts, self._ends = facts, ends
        self._known: int | None = None

    async def count(self) -> int:
        """How many there were when they were counted: every figure asks, and counting reads them all."""
        return await self.recount() if self._known is None else self._known

    async def recount(self) -> int:
        """How many there are now."""
        self._known = sum([len(page) async for page in self.since(None)])
        return self._known

    async def since(self, moment: datetime | None) -> AsyncIterator[list[Fact]]:
        """Those recorded at or after a moment, in pages."""
        async for page in self._facts.since(moment):
            if within := [fact for fact in page if fact.offset < self._ends.get((fact.topic, fact.partition), 0)]:
                yield within


async def compare(live: Figures, rebuilt: Figures, period: Period | None) -> list[Line]:
    """Every indicator whole and in every split; without a period, each over its running month or year."""
    lines: list[Line] = []
    for key in live.keys:
        definition = live.definition(key, period.first if period else live.today())
        over = period or Period.running(definition.runs, live.today())
        lines.append(Line(key, None, [await live.total(definition, over)], [await rebuilt.total(definition, over)]))
        lines.extend(
            [Line(key, by, await live.split(definition, over, by), await rebuilt.split(definition, over, by)) for by in definition.groups]
        )
    return lines


def table(lines: Sequence[Line]) -> str:
    """What a reader sees: a row for each indicator, and a row for each split that differs."""
    shown = [line for line in lines if line.by is None or not line.equal]
    rows = [("indicator", "by", "live", "n", "rebuilt", "n", "")]
    rows += [
        (line.key, line.by or "", *_summary(line.live), *_summary(line.rebuilt), "equal" if line.equal else "DIFFERENT") for line in shown
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _summary(figures: Sequence[Figure]) -> tuple[str, str]:
    if len(figures) == 1:
        return figures[0].value or "-", str(figures[0].n)
    return f"{len(figures)} groups", str(sum(figure.n for figure in figures))
