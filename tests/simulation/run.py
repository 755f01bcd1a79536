"""Plays one seed and says what came of it."""

import gc
from dataclasses import dataclass, field

import pytest

from simulation.history import History
from simulation.invariants import INVARIANTS
from simulation.loop import Stuck
from simulation.world import Undrained, World, prepare


@dataclass(frozen=True)
class Outcome:
    """What came of a seed; `broken` is the name of what did not hold, None if all did."""

    seed: int
    broken: str | None
    wrong: tuple[tuple[str | None, str], ...]
    digest: str
    seconds: float
    """Virtual."""
    events: int
    faults: tuple[str, ...]
    history: History = field(repr=False)


def play(seed: int, without: frozenset[str] = frozenset()) -> Outcome:
    """One seed from beginning to end; the same seed always gives the same outcome."""
    world = World(seed, without)
    was_collecting = gc.isenabled()
    gc.disable()  # a collection in the middle would run clean-ups of the dead at a moment that no seed decides
    patch = pytest.MonkeyPatch()
    prepare(world, patch)
    try:
        broken, wrong = _judge(world)
        seconds, digest = world.loop.time(), world.history.digest()
        return Outcome(seed, broken, wrong, digest, seconds, sum(1 for _ in world.log), tuple(world.chance.struck), world.history)
    finally:
        world.history.closed = True
        world.loop.end()
        patch.undo()
        if was_collecting:
            gc.enable()


def _judge(world: World) -> tuple[str | None, tuple[tuple[str | None, str], ...]]:
    try:
        world.loop.run_until_complete(world.play())
    except (Undrained, Stuck) as error:
        return "everything drains", ((None, str(error)),)
    for invariant in INVARIANTS:
        wrong = tuple(invariant(world))
        if wrong:
            return invariant.__name__.replace("_", " "), wrong
    return None, ()
