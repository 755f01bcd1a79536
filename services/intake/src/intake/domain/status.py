"""The statuses of a case and which may follow which."""

from collections import deque
from functools import cache

from common.events.case import Status

NEXT: dict[Status, tuple[Status, ...]] = {
    "received": ("screening", "withdrawn"),
    "screening": ("information_requested", "accepted", "rejected", "referred", "completed", "withdrawn"),
    "information_requested": ("screening", "rejected", "withdrawn"),
    "accepted": ("planned", "withdrawn"),
    "planned": ("in_progress", "accepted", "withdrawn"),
    "in_progress": ("awaiting_decision", "completed", "accepted", "withdrawn"),
    "awaiting_decision": ("in_progress", "completed", "rejected", "withdrawn"),
    "completed": (),
    "rejected": (),
    "withdrawn": (),
    "referred": (),
}
"""A cancelled visit leads back to accepted; an answered question is completed by its screening."""

LAST = frozenset(status for status, following in NEXT.items() if not following)


@cache
def road(start: Status, end: Status) -> tuple[Status, ...] | None:
    """The shortest way from one status to another, both included, by steps of the table only; None where no way leads there.

    Facts from several topics may come in any order (started before confirmed): the case walks the whole way, so that nobody sees a leap.
    """
    ways: deque[tuple[Status, ...]] = deque([(start,)])
    seen: set[Status] = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == end:
            return way
        for following in NEXT[way[-1]]:
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return None
