"""The two measurements of booking, as the suite runs them: many clients after few slots, and the search for days that fit."""

from contention import CLIENTS, TOWN, Race, race
from grounds import Grounds, Void, say
from outcome import Goal, Part
from profiles import Profile
from search import Delays, fitting_days


def many_after_few(grounds: Grounds, profile: Profile) -> Part:
    """(g)"""
    say(f"(g) {CLIENTS} clients, {profile.attempts} attempts on {TOWN.slots} slots, two replicas")
    ours = race(grounds, profile.attempts)
    say("(g) the same without compare-and-set")
    bare = race(grounds, profile.attempts, guarded=False)
    if not (bare.twice and bare.disorders):
        raise Void("without the guard no slot was given twice: the checks had nothing to find")
    rows = [
        ("attempts, plans confirmed, refused, outcome not known within 2 s", _counts(ours)),
        ("bookings of slots at the end; households that wait", f"{ours.bookings} of {TOWN.slots}; {ours.waiting}"),
        ("slots that were free when the attempts were over, and went in a last call", f"{ours.left_free}"),
        ("most households that one slot has had, one after the other", f"{ours.owners}"),
        ("attempts per second, with / without guard", f"{ours.rate:.0f} / {bare.rate:.0f}"),
        ("CPU µs of both replicas per attempt, with / without guard", f"{_micros(ours):.0f} / {_micros(bare):.0f}"),
        ("an attempt is answered after, p50 / p99", f"{ours.p50:.0f} / {ours.p99:.0f} ms"),
        ("without guard: slots booked twice, other faults, histories without an order", _broken(bare)),
        ("without guard: attempts, plans confirmed, refused, outcome not known within 2 s", _counts(bare)),
    ]
    ratio = ours.rate / bare.rate
    goals = [
        Goal("slots booked twice, claims lost, households half planned, bookings missing", "0", f"{len(ours.faults)}", not ours.faults),
        Goal("histories of a slot without an order", "0", f"{len(ours.disorders)}", not ours.disorders),
        Goal("attempts per second beside no guard", "≥ 0.7 ×", f"{ratio:.2f} ×", ratio >= 0.7),
    ]
    return Part(rows, goals, {"guarded": ours._asdict(), "unguarded": bare._asdict()})


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
