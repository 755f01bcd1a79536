"""The two measurements of booking, as the suite runs them: many clients after few slots, and the search for days that fit."""

from collections.abc import Sequence
from statistics import median

from contention import CLIENTS, TOWN, Race, race
from grounds import Grounds, Void, say
from outcome import Goal, Part
from profiles import Profile
from search import Delays, fitting_days

FEW = 2000
"""Attempts with the guard and without. A visit whose claim got lost is never answered: of many attempts without it most would only wait."""


def many_after_few(grounds: Grounds, profile: Profile) -> Part:
    """(g)"""
    say(f"(g) {CLIENTS} clients, {profile.attempts} attempts on {TOWN.slots} slots, two replicas")
    ours, pairs = race(grounds, profile.attempts), list[tuple[Race, Race]]()
    few = min(profile.attempts, FEW)
    for turn in range(profile.rounds):
        say(f"(g) {few} attempts with compare-and-set and without, round {turn + 1} of {profile.rounds}")
        mine, bare = (race(grounds, few, guarded=guarded, to_the_end=False) for guarded in (True, False))
        pairs.append((mine, bare))
    if not all(bare.twice and bare.disorders for _, bare in pairs):
        raise Void("without the guard no slot was given twice: the checks had nothing to find")
    disorders = [disorder for one in (ours, *(mine for mine, _ in pairs)) for disorder in one.disorders]
    ratio = median(mine.rate / bare.rate for mine, bare in pairs)
    goals = [
        Goal("slots booked twice, claims lost, households half planned, bookings missing", "0", f"{len(ours.faults)}", not ours.faults),
        Goal("histories of a slot without an order", "0", f"{len(disorders)}", not disorders),
        Goal("attempts per second beside no guard", "≥ 0.7 ×", f"{ratio:.2f} ×", ratio >= 0.7),
    ]
    runs = {"guarded": ours._asdict(), "pairs": [{"guarded": mine._asdict(), "unguarded": bare._asdict()} for mine, bare in pairs]}
    return Part(_raced(ours, pairs, few), goals, runs)


def _raced(ours: Race, pairs: Sequence[tuple[Race, Race]], few: int) -> list[tuple[str, str]]:
    guarded, bare = ([pair[place] for pair in pairs] for place in (0, 1))
    rate, micros = (f"{median(map(of, guarded)):.0f} / {median(map(of, bare)):.0f}" for of in (lambda one: one.rate, _micros))
    return [
        ("attempts, plans confirmed, refused, outcome not known within 2 s", _counts(ours)),
        ("bookings of slots at the end; households that wait", f"{ours.bookings} of {TOWN.slots}; {ours.waiting}"),
        ("slots that were free when the attempts were over, and went in a last call", f"{ours.left_free}"),
        ("most households that one slot has had, one after the other", f"{ours.owners}"),
        ("attempts per second; an attempt is answered after, p50 / p99", f"{ours.rate:.0f}; {ours.p50:.0f} / {ours.p99:.0f} ms"),
        (f"attempts per second, {few} of them, with / without guard", rate),
        ("CPU µs of both replicas per attempt of those, with / without guard", micros),
        ("without guard: slots booked twice, other faults, histories without an order", "; ".join(map(_broken, bare))),
        ("without guard: attempts, plans confirmed, refused, outcome not known within 2 s", "; ".join(map(_counts, bare))),
    ]


def searching(grounds: Grounds, profile: Profile) -> Part:
    """(h)"""
    say(f"(h) {profile.appointments} appointments in the store")
    found = fitting_days(grounds, profile.appointments, profile.search_seconds)
    ratio = found.search.p95 / found.read.p95
    rows = [
        ("appointments in the store", f"{found.appointments:,}"),
        ("a visit by its id, p50 / p95 / most", _delays(found.read)),
        ("the next ten days that fit it, p50 / p95 / most", _delays(found.search)),
        ("the first search at a location after a start, median", f"{found.first:.0f} ms"),
    ]
    goal = Goal("search for ten days beside a read by id, p95", "≤ 5 ×", f"{ratio:.1f} ×", ratio <= 5)
    return Part(rows, [goal], found._asdict())


def _counts(one: Race) -> str:
    return f"{one.attempts:,}, {one.booked:,}, {one.refused:,}, {one.unknown:,}"


def _micros(one: Race) -> float:
    return one.cpu / one.attempts * 1e6


def _broken(one: Race) -> str:
    return f"{one.twice}, {len(one.faults) - one.twice}, {len(one.disorders)}"


def _delays(one: Delays) -> str:
    return " / ".join(f"{value:.1f}" for value in one) + " ms"
