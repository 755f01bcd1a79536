"""(n) A backlog of cases to plan, with one, two and four processes of scheduling on one store, 12 partitions."""

import os
import time
from statistics import median
from typing import NamedTuple

from grounds import Grounds, Void, platform, say, until
from machine import cpu_seconds
from outcome import Goal, Part
from profiles import Profile
from throughput import asleep, count, hand_in

CASES = {"tiny": (60, 1), "quick": (600, 1), "full": (3_000, 2)}  # cases, rounds
NUMBERS = (1, 2, 4)
CONFIRMED = "visits where json_extract(document, '$.stage') = 'confirmed'"


class Planned(NamedTuple):
    """A backlog, planned."""

    rate: float
    micros: float
    """CPU of all replicas per case."""
    busy: float
    """Cores that the replicas and Kafka kept busy."""
    idle: int
    """Replicas that got nothing to do."""


def side_by_side(grounds: Grounds, profile: Profile) -> Part:
    cases, rounds = CASES[profile.name]
    found: dict[int, list[Planned]] = {number: [] for number in NUMBERS}
    for turn in range(rounds):
        for number in NUMBERS:
            say(f"(n) {cases} cases to plan, replicas: {number}, round {turn + 1} of {rounds}")
            found[number].append(_planned(grounds, cases, number))
    two, four = (median(a.rate / b.rate for a, b in zip(found[number], found[1], strict=True)) for number in (2, 4))
    cores = len(os.sched_getaffinity(0))
    rows = [
        ("cases planned per second, 1 / 2 / 4 replicas", " / ".join(f"{median(one.rate for one in found[n]):.0f}" for n in NUMBERS)),
        ("CPU µs of all replicas per case", " / ".join(f"{median(one.micros for one in found[n]):.0f}" for n in NUMBERS)),
        (
            f"cores kept busy by replicas and Kafka, of {cores}",
            " / ".join(f"{median(one.busy for one in found[n]):.2f}" for n in NUMBERS),
        ),
        ("replicas that got nothing to do", " / ".join(str(max(one.idle for one in found[n])) for n in NUMBERS)),
        ("four replicas beside one", f"{four:.2f} ×"),
    ]
    limit = f"; {cores} cores, of which one replica and Kafka take {median(one.busy for one in found[1]):.1f}"
    goal = Goal("two replicas beside one", "≥ 1.6 × where cores permit", f"{two:.2f} ×{limit}", two >= 1.6)
    return Part(rows, [goal], {str(number): [one._asdict() for one in runs] for number, runs in found.items()})


def _planned(grounds: Grounds, cases: int, number: int) -> Planned:
    with platform(grounds) as made:
        made.start("intake")
        made.await_ready("intake")
        names = [made.replicate("scheduling", n) for n in range(number)]
        made.await_ready(*names)
        time.sleep(2)  # until the last to come has its share
        pids = [made.children[name].popen.pid for name in names]
        with asleep(made):
            hand_in(grounds, made, cases, batch=10, connections=16)
            until(lambda: count(made, "intake", "outbox") == 0, "intake to tell everything", 13)
            made.stop("intake")
            kafka = cpu_seconds(grounds.kafka.pid or 0)
            before, began = [cpu_seconds(pid) for pid in pids], time.monotonic()
        until(lambda: count(made, "scheduling", CONFIRMED) >= cases, "all visits", 300, 0.05)
        seconds = time.monotonic() - began
        spent = [cpu_seconds(pid) - first for pid, first in zip(pids, before, strict=True)]
        busy = (sum(spent) + cpu_seconds(grounds.kafka.pid or 0) - kafka) / seconds
        until(lambda: count(made, "scheduling", "outbox") == 0, "all outboxes to be empty", 60, 0.05)
        visits, lanes = count(made, "scheduling", "visits"), count(made, "scheduling", "lanes")
        if visits != cases or lanes > 0:
            raise Void(f"of {cases} cases there are {visits} visits and {lanes} parked lanes")
        return Planned(cases / seconds, sum(spent) / cases * 1e6, busy, sum(one < max(spent) / 10 for one in spent))
