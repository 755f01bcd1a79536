"""Asks the platform what came of every submission, and holds its answers against what the story expects."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rich.table import Table

from loket.story.ledger import Ledger, Line
from loket.story.staff import Staff

AT_ONCE = 16
SHOWN = 5  # differences shown in words


@dataclass
class RowVerdict:
    """What one service's submissions came to."""

    title: str
    submitted: int = 0
    visits: int = 0
    messages: int = 0
    contacts: int = 0
    completed: int = 0
    expected: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether each submission came to what the story says."""
        return not self.differences


@dataclass(frozen=True)
class FigureVerdict:
    """What an indicator counted over the story's days."""

    key: str
    title: str
    counted: str | None
    expected: int

    @property
    def holds(self) -> bool:
        """Whether it counted exactly what was handed in for it."""
        return self.counted == str(self.expected)


async def judge(ledger: Ledger, staff: Staff) -> list[RowVerdict]:
    """One verdict per service, from the timelines that reporting has of every case."""
    rows = {service.key: RowVerdict(service.title) for service in ledger.script.services}
    room = asyncio.Semaphore(AT_ONCE)

    async def one(line: Line) -> None:
        async with room:
            timeline = await staff.get("reporting", f"/v1/cases/{line.case_id}/timeline")
        _account(rows[line.submission.service], line, timeline["items"])

    await asyncio.gather(*(one(line) for line in ledger.lines.values()))
    for service in ledger.script.services:
        row = rows[service.key]
        if row.submitted != service.count:
            row.differences.append(f"{service.count} submissions were to be taken, {row.submitted} were")
    return list(rows.values())


async def judge_figures(ledger: Ledger, staff: Staff, first: date, end: date) -> list[FigureVerdict]:
    """One verdict per indicator that the story adds to, from reporting's own figures of those days."""
    found = []
    for key, expected in sorted(ledger.figures().items()):
        answer = await staff.get("reporting", f"/v1/indicators/{key}", **{"from": first.isoformat(), "to": end.isoformat()})
        title = f"{key.upper()} {answer['indicator']['title']}"
        found.append(FigureVerdict(key, title, answer["total"]["value"], expected))
    return found


def table(rows: list[RowVerdict]) -> Table:
    """The closing table; a row is green only when every submission of it holds."""
    shown = Table(title="What came of it", title_justify="left")
    shown.add_column("service")
    for name in ("submitted", "visits", "messages", "contacts", "completed"):
        shown.add_column(name, justify="right")
    shown.add_column("expected", justify="right")
    shown.add_column("")
    for row in rows:
        colour = "green" if row.holds else "red"
        expected = " / ".join(str(row.expected[name]) for name in ("visits", "messages", "contacts", "completed"))
        counts = (str(number) for number in (row.submitted, row.visits, row.messages, row.contacts, row.completed))
        shown.add_row(row.title, *counts, expected, "holds" if row.holds else "differs", style=colour)
    return shown


def figures_table(figures: list[FigureVerdict]) -> Table:
    """What the indicators counted, beside what was handed in for them."""
    shown = Table(title="What was counted", title_justify="left")
    shown.add_column("indicator")
    shown.add_column("counted", justify="right")
    shown.add_column("expected", justify="right")
    shown.add_column("")
    for one in figures:
        shown.add_row(one.title, one.counted, str(one.expected), "holds" if one.holds else "differs", style="green" if one.holds else "red")
    return shown


def differences(rows: list[RowVerdict], figures: list[FigureVerdict]) -> list[str]:
    """What differs, in words; the first few of each service."""
    return [
        *(f"{row.title}: {sentence}" for row in rows for sentence in row.differences[:SHOWN]),
        *(f"{one.title}: {one.counted} counted, {one.expected} expected" for one in figures if not one.holds),
    ]


def _account(row: RowVerdict, line: Line, items: list[dict[str, Any]]) -> None:
    topics = Counter(item["topic"] for item in items)
    messages = Counter(item["data"]["templateKey"] for item in items if item["topic"] == "notification.sent")
    closed = [item["data"]["result"] for item in items if item["topic"] == "case.closed"]
    completed = sum(result in {"completed", "answered"} for result in closed)
    row.submitted += 1
    row.visits += topics["visit.confirmed"]
    row.messages += messages.total()
    row.contacts += topics["contact.registered"]
    row.completed += completed
    expected = line.expected_messages(messages)
    row.expected.update({"visits": line.visits, "messages": expected.total(), "contacts": line.contacts, "completed": line.completed})
    found = (topics["visit.confirmed"], completed, topics["contact.registered"], dict(messages))
    wanted = (line.visits, line.completed, line.contacts, dict(expected))
    if found != wanted:
        row.differences.append(
            f"case {line.case_id} ({line.submission.turn}): visits, completed, contacts, messages are {found}, expected {wanted}"
        )
