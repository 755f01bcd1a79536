"""What a measurement gives: rows for the reader, goals for the verdict, everything for the machine."""

from typing import Any, NamedTuple


class Goal(NamedTuple):
    """What was to be reached, and what was."""

    name: str
    wanted: str
    reached: str
    met: bool


class Part(NamedTuple):
    """Rows for the reader, goals for the verdict, and everything for the machine."""

    rows: list[tuple[str, str]]
    goals: list[Goal]
    raw: dict[str, Any]
