"""Writes what was measured: JSON for machines, tables into `docs/performance.md` for people, and the verdict."""

from pathlib import Path
from typing import Any

import orjson
from outcome import Goal, Part
from parts import PARTS

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: written by benchmarks/run.py -->", "<!-- end of measured -->"
Found = dict[str, "Part | str"]
"""What each part gave, or why its result is void."""


def goals(found: Found) -> list[Goal]:
    """All goals; a part whose result is void has met none."""
    listed: list[Goal] = []
    for key, part in found.items():
        listed += [Goal(f"({key}) {PARTS[key][0]}", "a valid result", f"void: {part}", False)] if isinstance(part, str) else part.goals
    return listed


def verdict(found: Found) -> str:
    """One line."""
    listed = goals(found)
    missed = ", ".join(f"{goal.name} {goal.reached} (wanted {goal.wanted})" for goal in listed if not goal.met)
    met = ", ".join(f"{goal.name} {goal.reached}" for goal in listed if goal.met)
    return f"{sum(goal.met for goal in listed)} of {len(listed)} goals met: {met or 'none'}. Missed: {missed or 'none'}."


def write_json(profile: str, machine: dict[str, str], found: Found) -> Path:
    """`results/<profile>.json`, whole or not at all."""
    parts: dict[str, Any] = {key: {"void": part} if isinstance(part, str) else _plain(part) for key, part in found.items()}
    path = HERE / "results" / f"{profile}.json"
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".json.tmp")
    result = {"profile": profile, "machine": machine, "parts": parts, "verdict": verdict(found)}
    draft.write_bytes(orjson.dumps(result, default=lambda one: one._asdict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    draft.replace(path)
    return path


def _plain(part: Part) -> dict[str, Any]:
    return {"rows": dict(part.rows), "goals": [goal._asdict() for goal in part.goals], "raw": part.raw}


def write_page(profile: str, machine: dict[str, str], found: Found) -> None:
    """Put the tables between their marks; the words around them stay."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n{tables(profile, machine, found)}{END}{tail}", encoding="utf-8")


def tables(profile: str, machine: dict[str, str], found: Found) -> str:
    """The machine, the goals, and each part."""
    lines = ["", f"Profile `{profile}`.", "", "| Machine | |", "|---|---|", *(f"| {name} | {value} |" for name, value in machine.items())]
    lines += ["", "| Goal | Wanted | Reached | |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.wanted} | {goal.reached} | {'met' if goal.met else '**missed**'} |" for goal in goals(found)]
    for key, part in found.items():
        if not isinstance(part, str):
            lines += ["", f"| ({key}) {PARTS[key][0]} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in part.rows)]
    return "\n".join([*lines, "", ""])
