"""Breaks the product on purpose, one promise at a time, and counts the seeds until the simulation notices."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import NamedTuple

import pytest

from simulation.run import play
from simulation.sabotage import BROKEN

PATIENCE = 300  # seeds


class Caught(NamedTuple):
    """After how many seeds a broken build was noticed, and by which invariant; None if it never was."""

    build: str
    seeds: int
    by: str | None


def catch(number: int, patience: int = PATIENCE) -> Caught:
    """Play seeds on one broken build until one fails."""
    sabotage = BROKEN[number]
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        for seed in range(1, patience + 1):
            outcome = play(seed)
            if outcome.broken is not None:
                return Caught(_name(sabotage), seed, outcome.broken)
    return Caught(_name(sabotage), patience, None)


def selftest(say: Callable[[str], None]) -> int:
    """A table of broken builds; 0 when each is caught."""
    began, missed = perf_counter(), 0
    say(f"{'broken build':<50} {'seeds':>5}  noticed by")
    for caught in _caught():
        missed += caught.by is None
        say(f"{caught.build:<50} {caught.seeds:>5}  {caught.by or 'NOBODY'}")
    say(f"{len(BROKEN) - missed} of {len(BROKEN)} broken builds are caught; {perf_counter() - began:.0f} s")
    return 1 if missed else 0


def _caught() -> Iterator[Caught]:
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(catch, range(len(BROKEN)))


def _name(sabotage: Callable[..., None]) -> str:
    return sabotage.__name__.replace("_", " ")
