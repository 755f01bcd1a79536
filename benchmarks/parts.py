"""The measurements as the suite runs them: subject and peers in turn, medians, and the goals that follow."""

from statistics import median

from booking_parts import many_after_few, searching
from footprint import footprints, loaded
from gateway import requests
from grounds import SERVICES, Grounds, say
from kills import killing
from latency import Delays, delays
from million import growing, rebuilding
from outbox import telling
from outcome import Goal, Measure, Part
from poison import poisoned
from profiles import Profile
from rebalance import RATE, waits
from redelivery import reading_again
from replicas import side_by_side
from tax import cost
from throughput import FACTS, ours, theirs
from tracing import traced


def pipeline(grounds: Grounds, profile: Profile) -> Part:
    """(a)"""
    mine, raw, stock = [], [], []
    for turn in range(profile.rounds):
        say(f"(a) backlog of {profile.cases} cases, Loket, round {turn + 1} of {profile.rounds}")
        mine.append(ours(grounds, profile.cases))
        say("(a) the same, raw")
        raw.append(theirs(grounds, "raw", profile.cases))
        if turn == 0 or profile.name == "full":
            say(f"(a) {profile.stock_cases} cases, stock FastStream")
            stock.append(theirs(grounds, "stock", profile.stock_cases))
    rate, raw_rate, stock_rate = (median(run.rate for run in runs) for runs in (mine, raw, stock))
    to_raw = median(a.rate / b.rate for a, b in zip(mine, raw, strict=True))
    cpu = {name: median(run.cpu[name] / run.cases * 1e6 for run in mine) for name in mine[0].cpu}
    shares = ", ".join(f"{name} {cpu[name]:.0f}" for name in cpu)
    rows = [
        ("cases in a backlog, Loket and raw / stock", f"{profile.cases:,} / {profile.stock_cases}"),
        ("cases per second, Loket", f"{rate:.0f}"),
        ("cases per second, raw aiokafka", f"{raw_rate:.0f}"),
        ("cases per second, stock FastStream", f"{stock_rate:.1f}"),
        ("CPU µs per case, Loket / raw / stock", " / ".join(f"{median(run.micros for run in runs):.0f}" for runs in (mine, raw, stock))),
        ("of which, Loket, with Kafka and the mail sink beside it", shares),
        ("CPU µs per case before: taken in (batches of 10), screened, told", f"{median(run.before / run.cases * 1e6 for run in mine):.0f}"),
    ]
    goals = [
        Goal("cases per second beside raw", "≥ 0.5 ×", f"{to_raw:.2f} ×", to_raw >= 0.5),
        Goal(
            "cases per second beside stock",
            "≥ 20 ×",
            f"{rate / stock_rate:.1f} × (raw itself: {raw_rate / stock_rate:.1f} ×)",
            rate >= 20 * stock_rate,
        ),
        Goal("cases per second", "≥ 2,000 on 2 cores", f"{rate:.0f}", rate >= 2000),
    ]
    runs = {name: [run._asdict() for run in runs] for name, runs in (("ours", mine), ("raw", raw), ("stock", stock))}
    return Part(rows, goals, runs)


def waiting(grounds: Grounds, profile: Profile) -> Part:
    """(b)"""
    say(f"(b) 100 cases per second for {profile.latency_seconds:.0f} s, open loop")
    found = delays(grounds, 100, profile.latency_seconds, profile.warm_seconds)
    say(f"(b) 500 cases per second for {profile.rush_seconds:.0f} s, open loop")
    rush = delays(grounds, 500, profile.rush_seconds, profile.warm_seconds / 5)
    goals = [
        Goal("created → letter, p50 at 100/s", "< 50 ms", f"{found.p50:.0f} ms", found.p50 < 50),
        Goal("created → letter, p99 at 100/s", "< 150 ms", f"{found.p99:.0f} ms", found.p99 < 150),
        Goal("created → letter, p99 at 500/s", "< 150 ms", f"{rush.p99:.0f} ms", rush.p99 < 150),
    ]
    return Part([*_delayed(found), *_delayed(rush)], goals, {"at 100/s": found._asdict(), "at 500/s": rush._asdict()})


def _delayed(found: Delays) -> list[tuple[str, str]]:
    at = f"at {found.rate:.0f}/s"
    return [
        (f"submissions counted, {at}", f"{found.cases:,}"),
        (
            f"meant to be sent → first letter at the mail server, p50 / p99 / most, {at}",
            f"{found.p50:.0f} / {found.p99:.0f} / {found.most:.0f} ms",
        ),
        (f"→ letter with the visit's time, p50, {at}", f"{found.confirmed_p50:.0f} ms"),
    ]


def front_door(grounds: Grounds, profile: Profile) -> Part:
    """(c)"""
    grouped, single = [], []
    for turn in range(profile.rounds):
        say(f"(c) {profile.requests} requests over 64 connections, round {turn + 1} of {profile.rounds}, then one write per request")
        grouped.append(requests(grounds, profile.requests))
        single.append(requests(grounds, profile.requests // 5, grouped=False))
    rate, lone = median(one.per_second for one in grouped), median(one.per_second for one in single)
    ratio = median(a.per_second / b.per_second for a, b in zip(grouped, single, strict=True))
    rows = [
        ("requests per second", f"{rate:.0f}"),
        ("p50 / p99", f"{median(one.p50 for one in grouped):.0f} / {median(one.p99 for one in grouped):.0f} ms"),
        ("CPU µs of intake per request, with screening and telling", f"{median(one.micros for one in grouped):.0f}"),
        ("requests per second, one write per request", f"{lone:.0f}"),
    ]
    goals = [
        Goal("POST /v1/events, 64 connections", "≥ 1,500 per second", f"{rate:.0f} per second", rate >= 1500),
        Goal("beside one write per request", "≥ 3 ×", f"{ratio:.1f} ×", ratio >= 3),
    ]
    return Part(rows, goals, {"grouped": [one._asdict() for one in grouped], "single": [one._asdict() for one in single]})


def framework(grounds: Grounds, profile: Profile) -> Part:
    """(d)"""
    pairs = []
    for turn in range(profile.rounds):
        say(f"(d) {profile.events} events, ours and a bare loop, round {turn + 1} of {profile.rounds}")
        pairs.append((cost(grounds, "ours", profile.events), cost(grounds, "raw", profile.events)))
    ratio = median(a / b for a, b in pairs)
    rows = [("CPU µs per event, ours / bare loop", f"{median(a for a, _ in pairs):.0f} / {median(b for _, b in pairs):.0f}")]
    return Part(rows, [Goal("subscriber and runner beside a bare loop", "≤ 1.3 × CPU", f"{ratio:.2f} ×", ratio <= 1.3)], {"pairs": pairs})


def footing(grounds: Grounds, profile: Profile) -> Part:
    """(e)"""
    say("(e) start and memory of each service")
    found = footprints(grounds)
    events = profile.cases * FACTS
    say(f"(e) memory after {events} events")
    exactly, resident = loaded(grounds, events)
    rows = [(name, f"{found[name]}, {resident[name]:.0f} MB loaded") for name in SERVICES]
    rows.append(("events when loaded", f"{exactly:,}"))
    most = max(one.idle for one in found.values())
    goal = Goal("memory of a service, idle", "≤ 100 MB", f"{most:.0f} MB at most", most <= 100)
    return Part(rows, [goal], {"start": {name: one._asdict() for name, one in found.items()}, "events": exactly, "resident": resident})


def coming_and_going(grounds: Grounds, profile: Profile) -> Part:
    """(f)"""
    say(f"(f) two members of a group, a third comes and goes {profile.comings} times, under {RATE} events per second")
    found = waits(grounds, profile.comings)
    join, leave = max(found.joins), max(found.leaves)
    rows = [
        ("events, each handled", f"{found.events:,}"),
        ("longest wait of an event in a join, median / worst", f"{median(found.joins):.3f} / {join:.3f} s"),
        ("longest wait of an event in a leave, median / worst", f"{median(found.leaves):.3f} / {leave:.3f} s"),
        ("longest wait while nobody comes or goes", f"{found.otherwise:.3f} s"),
    ]
    goal = Goal("gap when a member joins or leaves, worst", "< 0.2 s", f"{join:.2f} / {leave:.2f} s", max(join, leave) < 0.2)
    return Part(rows, [goal], found._asdict())


PARTS: dict[str, tuple[str, Measure]] = {
    "a": ("A backlog through all four services", pipeline),
    "b": ("From submission to letter", waiting),
    "c": ("The partner gateway", front_door),
    "d": ("What subscriber and runner cost", framework),
    "e": ("Start and memory", footing),
    "f": ("Members that come and go", coming_and_going),
    "g": ("Many clients after few slots", many_after_few),
    "h": ("The next ten days that fit", searching),
    "i": ("The outbox", telling),
    "j": ("Everything delivered again", reading_again),
    "k": ("One record in a hundred is poison", poisoned),
    "l": ("Killed under load", killing),
    "m": ("What tracing costs", traced),
    "n": ("Replicas", side_by_side),
    "o": ("Memory over a long run", growing),
    "p": ("Figures recounted from the log", rebuilding),
}
