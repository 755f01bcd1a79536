"""`python -m chaos.judge RUN`: a table of invariants, and the histories of the first violations; status 1 unless all hold."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.judge.extent import extent
from chaos.judge.history import history
from chaos.judge.invariants import INVARIANTS
from chaos.judge.run import Run
from chaos.judge.verdict import Verdict, judge

TOLD = 3  # cases of which the history is told
LISTED = 5  # violations named per invariant


def main() -> int:
    """0 when everything holds."""
    parser = argparse.ArgumentParser(prog="chaos.judge", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table: for who judges the judge")
    asked = parser.parse_args()
    run = Run(asked.run)
    verdicts = [judge(run, invariant) for invariant in INVARIANTS]
    if asked.json:
        sys.stdout.write(json.dumps([_plain(verdict) for verdict in verdicts]) + "\n")
    else:
        tell(run, verdicts, Console(width=None if sys.stdout.isatty() else 160))
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def tell(run: Run, verdicts: list[Verdict], console: Console) -> None:
    """How much there was, the table, then what is wrong."""
    console.print(extent(run), highlight=False, markup=False)
    table = Table(
        "", "invariant", "checked", "violations", title=f"seed {run.about['seed']}, {run.about['duration']} s, {run.about['store']}"
    )
    for verdict in verdicts:
        table.add_row(verdict.code, verdict.name, *_seen(verdict))
    console.print(table)
    for verdict in verdicts:
        for wrong in verdict.wrong[:LISTED]:
            console.print(f"{verdict.code} {verdict.name}: {wrong.sentence}", highlight=False, markup=False)
    concerned = dict.fromkeys(wrong.case for verdict in verdicts for wrong in verdict.wrong if wrong.case is not None)
    for case in list(concerned)[:TOLD]:
        console.rule(case)
        for line in history(run, case):
            console.print(line, highlight=False, markup=False)


def _seen(verdict: Verdict) -> tuple[str, str]:
    if verdict.checked is None:
        return "not here", ""
    return f"{verdict.checked:,}", str(len(verdict.wrong)) if verdict.checked else "NOTHING SEEN"


def _plain(verdict: Verdict) -> dict[str, object]:
    return {
        "code": verdict.code,
        "name": verdict.name,
        "checked": verdict.checked,
        "holds": verdict.holds,
        "violations": len(verdict.wrong),
        "first": [wrong.sentence for wrong in verdict.wrong[:LISTED]],
    }


if __name__ == "__main__":
    sys.exit(main())
