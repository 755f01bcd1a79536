"""`make audit`: weak patterns, known weaknesses of packages, secrets, licences, bills of materials.

Exit status 1 when something is wrong; what could not be checked is said and is no fault.
"""

import sys
from collections.abc import Callable

import licences
import sbom
import secrets_in_files
import weaknesses
from outcome import Outcome
from rich.console import Console
from rich.table import Table

CHECKS: tuple[Callable[[], Outcome], ...] = (
    weaknesses.of_code,
    weaknesses.of_packages,
    secrets_in_files.check,
    licences.check,
    sbom.write,
)


def main() -> int:
    """Each check in turn, then what they came to."""
    console, outcomes = Console(), []
    for check in CHECKS:
        with console.status(f"{check.__module__.replace('_', ' ')} …"):
            outcomes.append(check())
    console.print(table_of(outcomes))
    for one in outcomes:
        unseen = [f"nothing was checked. {one.unseen}"] if one.unseen else []
        for sentence in (*one.wrong, *unseen):
            console.print(f"{one.check}: {sentence}", markup=False, highlight=False)
    return int(any(one.wrong for one in outcomes))


def table_of(outcomes: list[Outcome]) -> Table:
    """One row for each check."""
    table = Table(title="Audit", title_justify="left")
    for name in ("check", "looked at", "verdict"):
        table.add_column(name)
    for one in outcomes:
        table.add_row(one.check, one.seen, one.verdict, style={"fine": "green", "wrong": "red", "not checked": "yellow"}[one.verdict])
    return table


if __name__ == "__main__":
    sys.exit(main())
