"""The booking history of each slot as the log tells it, checked for being explainable by one owner after the other.

An owner holds a slot surely from the moment its booking was sent (the claim lies before that) until the moment its cancellation was sent
(the release lies after that: what a visit tells goes before its next step). For a register with these two kinds of windows an order exists
exactly when no two owners hold it surely at the same time: the search for a linearization comes down to that. Moments are those of
the machine's clock, which no shift of the platform's clock moves.
"""

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong

FOR_EVER = float("inf")


class _Holding(NamedTuple):
    since: float
    until: float
    visit: str
    case: str


def slots_change_hands_in_turn(run: Run) -> Checks:
    """I7: per desk and quarter of an hour, from the events alone."""
    ended = {one.data["appointmentId"]: one.timestamp for one in run.events("appointment.cancelled")}
    histories: dict[tuple[str, str, int], list[_Holding]] = {}
    for one in run.events("appointment.booked"):
        said = one.data
        until = ended.get(said["appointmentId"], FOR_EVER)
        holding = _Holding(one.timestamp, until, said["visitId"], one.key)
        for minute in range(int(_moment(said["startsAt"])) // 60, int(_moment(said["endsAt"])) // 60):
            if minute % 5 == 0:  # every length and start there is, is a multiple of five minutes
                histories.setdefault((said["locationId"], said["deskId"], minute), []).append(holding)
    for (location, desk, minute), holdings in histories.items():
        yield from _turns(f"{desk} at {location}, minute {minute}", sorted(holdings))


def _turns(where: str, holdings: list[_Holding]) -> Checks:
    yield None
    for before, after in pairwise(holdings):
        both = before.visit != after.visit and after.since < before.until
        yield Wrong(after.case, f"{where} was given to visit {after.visit} while {before.visit} held it") if both else None


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
