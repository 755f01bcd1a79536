"""(k) One record in a hundred cannot be handled: what the others lose by it, and whether exactly the lanes of those wait."""

import asyncio
import sys
from statistics import median
from typing import NamedTuple
from uuid import UUID, uuid4

import orjson
from grounds import HERE, Grounds, Platform, Void, platform, say
from outcome import Goal, Part
from profiles import Profile
from tax import contact_changed
from throughput import asked, count

from common.cloudevents import Outgoing
from common.publisher import Publisher
from loket.embedded.child import start_child

PARTIES = {"tiny": (500, 1), "quick": (5_000, 2), "full": (50_000, 2)}  # two records each; rounds
EVERY = 50  # party, whose first record is poison: one record in a hundred; half of those are no event, half break their handler
KILLER = "poison"


class Taken(NamedTuple):
    """All records, settled one way or another."""

    rate: float
    micros: float
    outcomes: dict[str, int]


class Doses(NamedTuple):
    """What is sent, and what must become of it."""

    records: list[Outgoing]
    parties: int
    parked: set[UUID]
    garbage: int


def poisoned(grounds: Grounds, profile: Profile) -> Part:
    parties, rounds = PARTIES[profile.name]
    clean, ill = [], []
    for turn in range(rounds):
        say(f"(k) {parties * 2} records without poison, then with it, round {turn + 1} of {rounds}")
        clean.append(_taken(grounds, _doses(parties, poison=False)))
        ill.append(_taken(grounds, _doses(parties, poison=True)))
    ratio = median(b.rate / a.rate for a, b in zip(clean, ill, strict=True))
    rows = [
        ("records per second, without / with 1 % poison", f"{_rate(clean):,.0f} / {_rate(ill):,.0f}"),
        ("CPU µs per record", f"{median(one.micros for one in clean):.0f} / {median(one.micros for one in ill):.0f}"),
        ("what became of them", ", ".join(f"{name} {number:,}" for name, number in sorted(ill[0].outcomes.items()))),
    ]
    goal = Goal("records per second with 1 % poison beside none", "≥ 0.8 ×", f"{ratio:.2f} ×", ratio >= 0.8)
    return Part(rows, [goal], {"clean": [one._asdict() for one in clean], "poisoned": [one._asdict() for one in ill]})


def _rate(found: list[Taken]) -> float:
    return median(one.rate for one in found)


def _doses(parties: int, *, poison: bool) -> Doses:
    records, parked, garbage = [], set[UUID](), 0
    for number in range(parties):
        party = uuid4()
        first, second = contact_changed(1, party)[1], contact_changed(2, party)[1]
        if poison and number % (2 * EVERY) == 0:
            first = first._replace(value=b"{" + first.value)
            garbage += 1
        elif poison and number % EVERY == 0:
            first = first._replace(value=first.value.replace(b"A. Example", KILLER.encode()))
            parked.add(party)
        records += [first, second]
    return Doses(records, parties, parked, garbage)


def _taken(grounds: Grounds, doses: Doses) -> Taken:
    with platform(grounds, BREAKER_LANES_PER_MINUTE="1000000") as made:
        asyncio.run(_produce(made, doses.records))
        made.ports["notifications"] = 0
        command = [sys.executable, str(HERE / "peers" / "poisoned.py"), str(len(doses.records)), KILLER]
        child = start_child("poisoned", command, made.folder / "poisoned.log", made.environment("notifications"))
        if child.popen.wait(300) != 0:
            raise Void(f"the consumer ended with {child.popen.returncode}:{child.tail()}")
        said = orjson.loads(child.log.read_bytes().splitlines()[-1])
        _check(made, doses, said["outcomes"])
        total = len(doses.records)
        return Taken(total / said["seconds"], said["cpu"] / total * 1e6, said["outcomes"])


def _check(made: Platform, doses: Doses, outcomes: dict[str, int]) -> None:
    """Those in poisoned lanes wait, all others are kept, and nothing else."""
    ill = len(doses.parked)
    handled = len(doses.records) - 2 * ill - doses.garbage
    wanted = {"handled": handled, "parked": ill, "queued": ill, "quarantined": doses.garbage}
    names = {str(name) for (name,) in asked(made, "notifications", "select json_extract(document, '$.name') from lanes")}
    lanes = {name for name in names if not name.startswith("quarantine")}
    contacts = count(made, "notifications", "contacts")
    if {name: number for name, number in wanted.items() if number} != outcomes or lanes != {str(party) for party in doses.parked}:
        raise Void(f"wanted {wanted}, became {outcomes}; {len(lanes)} lanes wait for {ill} poisoned parties")
    if contacts != doses.parties - ill or len(names) - len(lanes) != doses.garbage:
        raise Void(f"{contacts} contacts of {doses.parties} parties, {len(names) - len(lanes)} records in quarantine of {doses.garbage}")


async def _produce(made: Platform, records: list[Outgoing]) -> None:
    publisher = Publisher(made.grounds.bootstrap, "bench", made.prefix)
    for start in range(0, len(records), 1000):
        await publisher.send(records[start : start + 1000])
    await publisher.close()
