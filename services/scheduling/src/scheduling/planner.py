"""Puts the errands of a household one after the other into a day, so that the stay is shortest; pure, on bits.

A day is an integer with one bit per grid step. An errand may start where its bit is set in `starts`: some desk that does it is
then free for all of its length. Errands are in their order already, and everybody goes to each: nobody is wanted at two desks at once.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Errand(NamedTuple):
    """When something can begin, how long it takes, and the pause before the next; in grid steps."""

    starts: int
    length: int
    gap: int


def starts(free: int, length: int) -> int:
    """Where `length` free steps begin."""
    seen = 1
    while seen < length and free:
        step = min(seen, length - seen)
        free &= free >> step
        seen += step
    return free


def shortest_stay(errands: Sequence[Errand]) -> tuple[int, ...] | None:
    """The start of each errand for the shortest stay, and among those the earliest; None when the day has no room."""
    together, offset, begins = -1, 0, []
    for errand in errands:
        together &= errand.starts >> offset
        begins.append(offset)
        offset += errand.length + errand.gap
    if together:
        first = _lowest(together)
        return tuple(first + begin for begin in begins)
    return _with_waiting(errands)


def _with_waiting(errands: Sequence[Errand]) -> tuple[int, ...] | None:
    best: tuple[int, ...] | None = None
    best_stay = 0
    left = errands[0].starts
    while left:
        first = _lowest(left)
        left &= left - 1
        found = _soonest(errands, first)
        if found is None:
            break  # who begins later comes no sooner to the next desk
        stay = found[-1] - first
        if best is None or stay < best_stay:
            best, best_stay = found, stay
    return best


def _soonest(errands: Sequence[Errand], first: int) -> tuple[int, ...] | None:
    found, after = [first], first + errands[0].length + errands[0].gap
    for errand in errands[1:]:
        later = errand.starts >> after
        if not later:
            return None
        found.append(begin := after + _lowest(later))
        after = begin + errand.length + errand.gap
    return tuple(found)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
