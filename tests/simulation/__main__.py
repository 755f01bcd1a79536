"""`python -m simulation`: plays seeds one after the other on every core, and tells the story of the first that fails."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from time import perf_counter

from simulation.history import History
from simulation.invariants import INVARIANTS
from simulation.run import Outcome, play
from simulation.selftest import selftest
from simulation.shrinking import shrink, story

NOTHING = History(perf_counter)  # what went well needs no story
CHUNK = 10


def main() -> int:
    """0 when every seed holds."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="tell a failing seed with all its faults and lines")
    parser.add_argument("--selftest", action="store_true", help="break the product on purpose, and see who notices")
    asked = parser.parse_args()
    if asked.selftest:
        return selftest(_say)
    began, failed = perf_counter(), []
    seen: list[Outcome] = []
    for outcome in _outcomes(range(asked.first, asked.first + asked.seeds)):
        seen.append(outcome)
        if outcome.broken is not None:
            failed.append(outcome)
            _say(f"seed {outcome.seed}: {outcome.broken}")
        if len(seen) % 100 == 0:
            _say(f"{len(seen)} seeds, {len(failed)} fail, {perf_counter() - began:.0f} s")
    _tell(seen, perf_counter() - began, asked.first)
    for outcome in failed[:1]:
        _explain(outcome.seed, whole=asked.whole)
    return 1 if failed else 0


def _outcomes(seeds: range) -> Iterator[Outcome]:
    if len(seeds) <= CHUNK:
        yield from map(_play_quietly, seeds)
        return
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(_play_quietly, seeds, chunksize=CHUNK)


def _play_quietly(seed: int) -> Outcome:
    return replace(play(seed), history=NOTHING)


def _explain(seed: int, *, whole: bool) -> None:
    outcome = play(seed)
    if not whole:
        _say("Looking for fewer faults that do the same …")
        _, outcome = shrink(seed, outcome)
    lines = [str(line) for line in outcome.history.lines] if whole else []
    _say("\n".join([*story(outcome), *lines]))
    _say(f"Again: make simulate SEEDS=1 FIRST={seed}")


def _tell(seen: list[Outcome], seconds: float, first: int) -> None:
    faults = Counter(_kind(fault) for outcome in seen for fault in outcome.faults)
    broken = sum(outcome.broken is not None for outcome in seen)
    _say(f"seeds            {len(seen)} from {first}")
    _say(f"that fail        {broken}")
    _say(f"wall time        {seconds:.0f} s on {os.cpu_count()} cores")
    _say(f"simulated time   {sum(outcome.seconds for outcome in seen) / 3600:.1f} h, and months by the clock of the services in each")
    _say(f"records told     {sum(outcome.events for outcome in seen)}")
    _say(f"faults           {sum(faults.values())}: " + ", ".join(f"{count} {kind}" for kind, count in faults.most_common()))
    _say(f"held             {len(INVARIANTS) + 1} invariants each")


def _kind(fault: str) -> str:
    """`scheduling-1/store answer lost#3` is an `answer lost` of the store; `crash#2 intake-1` is a `crash`."""
    return fault.partition("#")[0].rpartition("/")[2]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
