"""The quick set: a fixed list of seeds holds, a seed replays exactly, a broken build is noticed, and its story is short."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation import sabotage
from simulation.history import History
from simulation.run import Outcome, play
from simulation.shrinking import LINES, shrink, story

SEEDS = range(1, 17)
TESTS = Path(__file__).parents[1]


def first_failing(patience: int = 20) -> Outcome:
    """The first seed that a broken build does not survive."""
    return next(outcome for outcome in map(play, range(1, patience)) if outcome.broken is not None)


def test_the_quick_set_of_seeds_holds() -> None:
    outcomes = [play(seed) for seed in SEEDS]

    assert [(outcome.seed, outcome.broken, outcome.wrong) for outcome in outcomes if outcome.broken is not None] == []
    assert sum(outcome.events for outcome in outcomes) > 1000
    assert len({fault.partition("#")[0].rpartition("/")[2] for outcome in outcomes for fault in outcome.faults}) > 12


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_replays_exactly(seed: int) -> None:
    assert play(seed).digest == play(seed).digest


def test_a_seed_replays_exactly_in_another_process_whose_hashes_differ() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from simulation.run import play; print(play(23).digest)"],
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(TESTS)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert told.strip() == play(23).digest


def test_two_seeds_are_two_stories() -> None:
    assert play(3).digest != play(4).digest


@pytest.mark.parametrize(
    "broken",
    [
        sabotage.no_compare_and_set,
        sabotage.events_of_an_aggregate_sent_at_once,
        sabotage.letter_sent_before_its_claim_is_saved,
    ],
    ids=lambda broken: broken.__name__,
)
def test_a_broken_build_is_noticed_within_a_few_seeds(broken: sabotage.Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)

    assert first_failing().broken is not None


def test_what_is_left_of_a_failing_seed_is_the_faults_that_break_it() -> None:
    needed, faults = {"store/7", "kafka/40"}, (*(f"store/{n}" for n in range(32)), *(f"kafka/{n}" for n in range(32, 64)))

    def again(_seed: int, without: frozenset[str]) -> Outcome:
        left = tuple(fault for fault in faults if fault not in without)
        return Outcome(1, "letters go once" if needed <= set(left) else None, (), "", 0.0, 0, left, History(lambda: 0.0))

    without, shorter = shrink(1, again(1, frozenset()), again=again)

    assert set(shorter.faults) == needed
    assert without == set(faults) - needed


def test_the_story_of_a_failing_seed_is_short_and_true(monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage.events_of_an_aggregate_sent_at_once(monkeypatch)
    outcome = first_failing()

    without, shorter = shrink(outcome.seed, outcome)

    assert shorter.broken == outcome.broken == "events keep their order"
    assert len(shorter.faults) <= 2 < len(outcome.faults)
    assert play(outcome.seed, without).digest == shorter.digest
    assert len(story(shorter)) < LINES + 15
