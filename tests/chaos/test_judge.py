"""The judge on small run folders: a clean one holds, and each invariant notices what it is about."""

import ast
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chaos.clean_run import clean
from chaos.judge.__main__ import tell
from chaos.judge.derived import LOKET, derived
from chaos.judge.history import history
from chaos.judge.invariants import INVARIANTS
from chaos.judge.run import Run
from chaos.judge.verdict import Verdict, judge
from chaos.spoiled import DONE, SPOILED, Spoil, sent_twice, spoiled
from common.ids import derived as kept

TESTS = Path(__file__).parents[1]
JUDGE = sorted((TESTS / "chaos/judge").rglob("*.py"))
PRODUCT = {"common", "intake", "scheduling", "notifications", "reporting", "loket"}


def judged(folder: Path) -> list[Verdict]:
    """Every verdict on a run folder."""
    run = Run(folder)
    return [judge(run, invariant) for invariant in INVARIANTS]


def red(folder: Path) -> list[str]:
    """The names of the invariants that do not hold."""
    return [verdict.name for verdict in judged(folder) if not verdict.holds]


def test_a_clean_run_holds_and_everything_was_looked_at(tmp_path: Path) -> None:
    verdicts = judged(clean().write(tmp_path / "run"))

    assert [(verdict.name, verdict.wrong) for verdict in verdicts if verdict.wrong] == []
    assert [verdict.name for verdict in verdicts if verdict.checked == 0] == []
    assert [verdict.code for verdict in verdicts if verdict.checked is None] == ["I13", "I14"]


@pytest.mark.parametrize(("name", "spoil"), SPOILED, ids=[f"{number}: {name}" for number, (name, _) in enumerate(SPOILED)])
def test_what_is_spoiled_is_noticed_by_its_name(name: str, spoil: Spoil, tmp_path: Path) -> None:
    run = Run(spoiled(spoil).write(tmp_path / "run"))
    found = [judge(run, invariant) for invariant in INVARIANTS if invariant.name.startswith(name)]

    assert any(verdict.wrong for verdict in found), found


def test_every_invariant_has_been_seen_red() -> None:
    names = {invariant.name for invariant in INVARIANTS if invariant.check is not None}

    assert {name for name in names if not any(name.startswith(spoiled_by) for spoiled_by, _ in SPOILED)} == set()


@pytest.mark.parametrize("ledger", ["calls", "lists", "indicators", "timelines", "statuses", "poison"])
def test_a_check_that_has_seen_nothing_is_not_green(ledger: str, tmp_path: Path) -> None:
    run = clean()
    run.ledgers[ledger] = []

    assert red(run.write(tmp_path / "run")) != []


def test_the_log_is_read_without_values_that_were_never_written(tmp_path: Path) -> None:
    folder = clean().write(tmp_path / "run")

    assert any(b"canary-7" in one.value for one in Run(folder).log.told)


def test_a_violation_comes_with_the_history_of_its_case(tmp_path: Path) -> None:
    run = Run(spoiled(sent_twice).write(tmp_path / "run"))
    told = "\n".join(history(run, DONE.case.id))

    assert all(
        word in told for word in ("submit", "ok 202", "event  visit.confirmed 1", "mail   ", "fault  sigkill scheduling-1", "completed")
    )


def test_the_table_names_the_invariant_and_the_violation(tmp_path: Path) -> None:
    run, console = Run(spoiled(sent_twice).write(tmp_path / "run")), Console(record=True, width=160, file=StringIO())
    tell(run, [judge(run, invariant) for invariant in INVARIANTS], console)
    told = console.export_text()

    assert "letters go once" in told
    assert "taken 2 times" in told
    assert "not here" in told
    assert "1 sigkill" in told
    assert f"events in the log: {len(run.log.told)}, of which {len(run.log.first)} different" in told


@pytest.mark.parametrize(("spoil", "status"), [(lambda _run: None, 0), (sent_twice, 1)])
def test_its_exit_status_is_its_verdict(spoil: Spoil, status: int, tmp_path: Path) -> None:
    folder = spoiled(spoil).write(tmp_path / "run")
    ended = subprocess.run(
        [sys.executable, "-m", "chaos.judge", str(folder), "--json"],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == status, ended.stderr
    assert '"I17"' in ended.stdout


def test_ids_are_worked_out_by_the_rule_that_is_written_down_and_kept() -> None:
    architecture = (TESTS.parent / "docs/architecture.md").read_text()

    assert derived("case", "partner", "source", 1) == str(kept("case", "partner", "source", 1))
    assert str(LOKET) in architecture


def test_the_judge_knows_nothing_of_the_code() -> None:
    imported = {
        name.split(".")[0]
        for path in JUDGE
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert len(JUDGE) > 20
    assert "chaos" in imported
    assert imported & PRODUCT == set()
