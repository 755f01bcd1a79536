"""What is done to a platform and when: drawn from the seed before the run begins, so that the same seed means the same attacks."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from chaos.poison import KINDS
from loket.supervisor import SERVICES

TEN_MINUTES = 600.0
COUNTS = {
    "sigkill": 132,
    "sigstop": 46,
    "broker_kill": 12,
    "rolling_restart": 2,
    "mail_standstill": 2,
    "wire_stall": 24,
    "wire_drop_reply": 24,
    "wire_cut": 12,
    "store_stall": 10,
    "disk_full": 8,
    "clock_shift": 8,
    "poison": 48,
}
"""How often each fault comes in ten minutes."""
LENGTHS = {
    "sigkill": (0.0, 5.0),
    "sigstop": (0.5, 9.0),
    "broker_kill": (1.0, 8.0),
    "rolling_restart": (0.0, 0.0),
    "mail_standstill": (6.0, 9.0),
    "wire_stall": (0.5, 8.0),
    "wire_drop_reply": (0.3, 4.0),
    "wire_cut": (0.0, 0.0),
    "store_stall": (1.0, 14.0),
    "disk_full": (2.0, 8.0),
    "clock_shift": (300.0, 10_800.0),
    "poison": (0.0, 0.0),
}
"""Seconds until what was done is undone; of the clock, how far it jumps."""
LENGTHS_ALONE = LENGTHS | {"store_stall": (11.0, 14.0)}
"""When not everything was asked for: a store that is back within ten seconds has only been waited for."""
PAST_THE_SESSION, LONG_STOPS = (16.0, 24.0), 0.25
"""A consumer that stands still so long has lost its partitions; the share of those that do."""
BUSY, STALLED = 4.0, 8.0
"""Seconds between two kills of a service, and between two stalls of stores, when not everything was asked for."""
REST = 12.0
"""Seconds before the end in which nothing new is begun that lasts."""
TURN, AWAY = 28.0, (22.0, 25.0)
"""Seconds from one turn of cut-offs to the next, and how long one lasts: it must show within twenty, and show again that it is over."""


class Fault(NamedTuple):
    """One attack."""

    at: float
    fault: str
    target: str
    seconds: float
    draw: int
    """What else is drawn when it is carried out begins from this."""


PROFILES = {
    "letters": "sigkill:notifications,wire_stall:smtp,mail",
    "standstill": "mail_standstill",
    "cutoff": "cutoff_kafka,cutoff_store,cutoff_mail",
    "hostile_partner": "hostile",
    "power_cut": "power_cut",
    "restore": "restore",
}
"""Names for faults that belong together: kills while letters queue, a provider that stands still through an update of notifications,
services that are cut off from one of the things that they need, and a partner all of whose cases meet a bug;
a loss of power of everything at once, and a store that is put back to what it was. The last five are in no other profile."""


def plan(seed: int, duration: float, profile: frozenset[str], *, mongo: bool = False) -> list[Fault]:
    """All attacks in the order of their times. Broker kills come one after the other: no two are away at once by plan."""
    found: list[Fault] = []
    for fault, often in COUNTS.items():
        targets = _targets(fault, profile, mongo=mongo)
        if targets:
            lengths = (LENGTHS if "all" in profile else LENGTHS_ALONE)[fault]
            found += _spread(Random(f"{seed}/{fault}"), fault, targets, _count(fault, often, duration, targets, profile), duration, lengths)
    found += _power_cuts(Random(f"{seed}/power_cut"), duration) if "power_cut" in profile else []
    found += _restores(Random(f"{seed}/restore"), seed, duration, [one for one in RESTORED if _asked("restore", one, profile)])
    return sorted(found + _cut_off(Random(f"{seed}/cutoff"), duration, profile, mongo=mongo))


def _cut_off(draw: Random, duration: float, profile: frozenset[str], *, mongo: bool) -> list[Fault]:
    """One outage of a service at a time, what it needs by turns; who hears others has something to hear while it is cut off."""
    asked = {
        service: [fault for fault, targets in CUT_OFF.items() if service in targets and _asked(fault, service, profile)]
        for service in SERVICES
    }
    turns = [turn for turn in TURNS if any(asked[service] for service in turn)]
    found, done = list[Fault](), Counter[str]()
    for number in range(max(1, int((duration - 3) // TURN)) if turns else 0):
        for service in filter(asked.get, turns[number % len(turns)]):
            fault = asked[service][done[service] % len(asked[service])]
            done[service] += 1
            target = "mongo" if mongo and fault == "cutoff_store" else service
            found.append(Fault(3 + number * TURN, fault, target, draw.uniform(*AWAY), draw.getrandbits(32)))
    return found


def _power_cuts(draw: Random, duration: float) -> list[Fault]:
    """One in each minute, late enough for something to be lost, and early enough for the rest of it."""
    found = []
    for number in range(max(1, round(duration / 60))):
        at = 60.0 * number + min(60.0, duration - 60 * number) * draw.uniform(0.3, 0.5)
        found.append(Fault(at, "power_cut", "all", draw.uniform(1, 4), draw.getrandbits(32)))
    return found


def _restores(draw: Random, seed: int, duration: float, services: list[str]) -> list[Fault]:
    """One service after the other, the first by the seed; a copy is made early in its minute, and put back in the middle of it."""
    many = max(1, round(duration / 60)) if services else 0
    return [
        Fault(60.0 * number + 10, "restore", services[(seed + number) % len(services)], draw.uniform(14, 18), draw.getrandbits(32))
        for number in range(many)
    ]


def _asked(fault: str, target: str, profile: frozenset[str]) -> bool:
    """Whether a profile names a fault, for all its targets or for this one."""
    return any(word.partition(":")[0] == fault and target.startswith(word.partition(":")[2]) for word in profile)


def _targets(fault: str, profile: frozenset[str], *, mongo: bool) -> list[str]:
    """Of what is asked for; none when this fault is not. A store on the wire has other faults than one in a file."""
    there = [*TARGETS[fault], "mongo"] if mongo and fault.startswith("wire") else TARGETS[fault]
    if mongo and fault in {"store_stall", "disk_full"}:
        return []
    if profile & {"all", fault}:
        return list(there)
    named = [word.partition(":")[2] for word in profile if word.partition(":")[0] == fault]
    return [target for target in there if any(target.startswith(name) for name in named)]


def _count(fault: str, often: int, duration: float, targets: list[str], profile: frozenset[str]) -> int:
    """A few kinds alone come oftener than all of them together."""
    count = round(often * duration / TEN_MINUTES)
    if "all" not in profile and fault in {"sigkill", "sigstop"}:
        count = round(duration / BUSY) * len({target.rpartition("-")[0] for target in targets})
    elif "all" not in profile and fault == "store_stall":
        count = round(duration / STALLED)
    return max(1, count)


def _spread(draw: Random, fault: str, targets: list[str], count: int, duration: float, lengths: tuple[float, float]) -> list[Fault]:
    """Each has its own part of the time, at any moment in it."""
    part, found = max(0.0, duration - 3) / count, []
    for number in range(count):
        at = 3 + (number + draw.random() * 0.9) * part
        target = targets[number % len(targets)] if fault == "poison" else draw.choice(targets)
        seconds = draw.uniform(*lengths)
        if fault == "sigstop" and draw.random() < LONG_STOPS and at + PAST_THE_SESSION[1] < duration:
            seconds = draw.uniform(*PAST_THE_SESSION)
        undone = at + (0 if fault == "clock_shift" else seconds)
        if fault in ENDS_BEFORE and undone > duration:
            seconds = max(0.0, duration - at)
        if fault in {"broker_kill", "rolling_restart", "mail_standstill"} and at > duration - REST:
            at = max(3.0, duration - REST)
        found.append(Fault(at, fault, target, seconds, draw.getrandbits(32)))
    return found


CUT_OFF: dict[str, Sequence[str]] = {"cutoff_mail": ("notifications",), "cutoff_kafka": SERVICES, "cutoff_store": SERVICES}
"""What a service can be cut off from, and which; none of it is among `all`, whose other faults would hide how it shows."""
TURNS = (("notifications", "reporting"), ("intake", "reporting"), ("notifications",), ("scheduling", "reporting"))
RESTORED = ("reporting", "scheduling", "notifications")
"""Intake's is not put back: cases handed in since then would be lost, until their partners hand them in again."""
REPLICAS = [f"{service}-{replica}" for service in SERVICES for replica in range(2)]
WIRES = ["kafka-1", "kafka-2", "kafka-3", "smtp"]
TARGETS = {
    "sigkill": REPLICAS,
    "sigstop": REPLICAS,
    "broker_kill": ["kafka-1", "kafka-2", "kafka-3"],
    "rolling_restart": ["all"],
    "mail_standstill": ["all"],
    "wire_stall": WIRES,
    "wire_drop_reply": WIRES,
    "wire_cut": WIRES,
    "store_stall": SERVICES,
    "disk_full": SERVICES,
    "clock_shift": ["all"],
    "poison": KINDS,
}
ENDS_BEFORE = frozenset(COUNTS) - {"clock_shift", "poison"}
