"""Whether what clients saw of each slot can have happened one after the other: a slot is a register that one household owns at a time.

A household has surely held a slot from the first answer that says so to the last call that still found it so. Where two answers
overlap there is no such stretch, only one in which some moment must lie. Owners can be put into an order, each claim and release
between its call and its answer, exactly when no two sure stretches overlap and every household with a lone moment finds one that is
nobody else's. (With one owner at a time and owners that never repeat, since each plan has a revision of its own, this decides what a
search over all orders would.) Refusals are left out: they speak of a day, not of a slot.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from .clients import Call

Slot = tuple[str, str]


class Hold(NamedTuple):
    """A plan by which a household held its slots: surely from `begin` to `end`, or at one moment between them if `end` comes first."""

    visit: str
    revision: int
    begin: float
    end: float


def holds(ledger: Iterable[Call]) -> dict[Slot, list[Hold]]:
    """Who is known to have held which slot."""
    found: dict[Slot, list[Hold]] = defaultdict(list)
    ordered = sorted((call for call in ledger if call.status == 200), key=lambda call: (call.visit, call.revision))
    for _, of_visit in groupby(ordered, key=lambda call: call.visit):
        calls = list(of_visit)
        for revision, group in groupby((call for call in calls if call.stage == "confirmed"), key=lambda call: call.revision):
            sights = list(group)
            # Who gives up or moves what was confirmed raises the revision by two: it was still held when that was asked for.
            left = [call.invoked for call in calls if call.kind in {"give-up", "book"} and call.revision == revision + 2]
            end = max([sight.invoked for sight in sights] + left[:1])
            hold = Hold(sights[0].visit, revision, min(sight.answered for sight in sights), end)
            for slot in sights[0].slots:
                found[slot].append(hold)
    return found


def contradictions(ledger: Iterable[Call]) -> list[str]:
    """Slots whose history has no order, a sentence each."""
    return [
        f"{desk} at {start}: visit {a.visit} (plan {a.revision}) and visit {b.visit} (plan {b.revision}) at once"
        for (desk, start), known in holds(ledger).items()
        for a, b in _at_once(known)
    ]


def _at_once(known: list[Hold]) -> Iterable[tuple[Hold, Hold]]:
    sure = sorted((hold for hold in known if hold.begin < hold.end), key=lambda hold: hold.begin)
    latest: Hold | None = None
    for hold in sure:
        if latest is not None and hold.begin < latest.end:
            yield latest, hold
        latest = hold if latest is None or hold.end > latest.end else latest
    for brief in (hold for hold in known if hold.begin >= hold.end):
        for hold in sure:
            if hold.begin < brief.end and brief.begin < hold.end:
                yield brief, hold
