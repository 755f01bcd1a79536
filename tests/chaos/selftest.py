"""`python -m chaos.selftest`: runs each broken build under the faults that provoke it until the judge names it; a control run must hold."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from chaos.broken.builds import BUILDS, Build

CONTROL = "control"
CONTROL_SECONDS = 60
TRIES = 2  # for a rig that itself fails now and then; that says nothing about the build
RIG_FAILED = "the rig failed"
LONGEST = 900.0  # seconds that one run may take on a busy machine, with start, drain and dump
PORTS, RATE = 15_000, 32.0


class Attempt(NamedTuple):
    """One run of the rig."""

    build: str
    profile: str
    seed: int
    duration: int


class Verdict(NamedTuple):
    """What the judge says of one invariant."""

    name: str
    holds: bool
    violations: int
    first: Sequence[str]


class Caught(NamedTuple):
    """What came of a build: after how many seconds of faults, and of the clock, it was noticed, and by what."""

    build: str
    faults: int
    wall: float
    by: Sequence[str]
    others: Sequence[str]
    right: bool


Play = Callable[[Attempt], Sequence[Verdict]]


class RigFailed(Exception):
    """A run that shows nothing."""


def patiently(play: Play, tries: int = TRIES) -> Play:
    """Whatever the rig itself could not do is tried again."""

    def again(attempt: Attempt) -> Sequence[Verdict]:
        for _ in range(tries - 1):
            try:
                return play(attempt)
            except RigFailed:
                continue
        return play(attempt)

    return again


def catch(name: str, build: Build, play: Play) -> Caught:
    """Run a broken build until it is named by an invariant that is about it."""
    began, faults, red = perf_counter(), 0, list[str]()
    for seed, duration in enumerate(build.durations, 1):
        faults += duration
        red = [verdict.name for verdict in play(Attempt(name, build.profile, seed, duration)) if verdict.violations]
        by = [one for one in red if one in build.caught_by]
        if by:
            return Caught(name, faults, perf_counter() - began, by, [one for one in red if one not in by], right=True)
    return Caught(name, faults, perf_counter() - began, (), red, right=False)


def control(play: Play, seed: int = 1) -> Caught:
    """The build that is not broken, under everything: all must hold, and have been seen."""
    began = perf_counter()
    red = [verdict.name for verdict in play(Attempt("", "all", seed, CONTROL_SECONDS)) if not verdict.holds]
    return Caught(CONTROL, CONTROL_SECONDS, perf_counter() - began, (), red, right=not red)


def selftest(names: Iterable[str], play: Play, tell: Callable[[Caught], None]) -> Iterator[Caught]:
    """Builds and control, one after the other; a rig that fails counts against the build it was for."""
    for name in names:
        try:
            caught = control(patiently(play)) if name == CONTROL else catch(name, BUILDS[name], patiently(play))
        except RigFailed as failure:
            caught = Caught(name, 0, 0.0, (), (f"{RIG_FAILED}: {failure}",), right=False)
        tell(caught)
        yield caught


def real(attempt: Attempt, keep: Path | None, ports: int, rate: float) -> Sequence[Verdict]:
    """A run of real processes, judged; its folder goes unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"{attempt.build or CONTROL}-{attempt.seed}-", dir=keep))
    try:
        return _judged(attempt, folder / "run", ["--port-base", str(ports), "--rate", str(rate)])
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _judged(attempt: Attempt, folder: Path, more: Sequence[str]) -> Sequence[Verdict]:
    options = ["--duration", str(attempt.duration), "--seed", str(attempt.seed), "--profile", attempt.profile, *more]
    broken = ["--broken", attempt.build] if attempt.build else []
    ran = _python("chaos", *options, *broken, "--folder", str(folder), "--no-judge")
    if ran.returncode:
        raise RigFailed(_last_line(ran.stderr + ran.stdout))
    judged = _python("chaos.judge", str(folder), "--json")
    if not judged.stdout.startswith("["):
        raise RigFailed(_last_line(judged.stderr))
    return [Verdict(one["name"], one["holds"], one["violations"], one["first"]) for one in json.loads(judged.stdout)]


def _python(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    try:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], env=environment, check=False, capture_output=True, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired as late:
        raise RigFailed(f"{module} took longer than {late.timeout:.0f} s") from late


def main() -> int:
    """0 when every broken build is named and the control run holds."""
    parser = argparse.ArgumentParser(prog="chaos.selftest", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some builds only, or {CONTROL}; all without")
    parser.add_argument("--keep", type=Path, help="keep the run folders here")
    parser.add_argument("--port-base", type=int, default=PORTS)
    parser.add_argument("--rate", type=float, default=RATE, help="submissions per second; fewer on a machine with other work")
    asked, console = parser.parse_args(), Console(width=None if sys.stdout.isatty() else 160)
    names = asked.names or [CONTROL, *BUILDS]
    if unknown := set(names) - {CONTROL, *BUILDS}:
        parser.error(f"There is no build {', '.join(sorted(unknown))}.")
    found = list(
        selftest(
            names,
            lambda attempt: real(attempt, asked.keep, asked.port_base, asked.rate),
            lambda one: console.print(_line(one), markup=False),
        )
    )
    console.print(_table(found))
    return 0 if all(one.right for one in found) else 1


def _table(found: Iterable[Caught]) -> Table:
    table = Table("build", "seconds of faults", "in all", "noticed by", "red beside it")
    for one in found:
        table.add_row(one.build, str(one.faults), f"{one.wall:.0f} s", "\n".join(one.by) or _not_named(one), "\n".join(one.others))
    return table


def _not_named(one: Caught) -> str:
    if one.right:
        return "holds"
    if not one.faults:
        return RIG_FAILED.upper()
    return "FALSE ALARM" if one.build == CONTROL else "NOBODY"


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "nothing was said")


def _line(one: Caught) -> str:
    red, right = ", ".join((*one.by, *one.others)) or "all holds", "as it should be" if one.right else "NOT AS IT SHOULD BE"
    return f"{one.build}: {right} after {one.wall:.0f} s ({red})"


if __name__ == "__main__":
    sys.exit(main())
