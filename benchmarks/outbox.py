"""(i) The relay alone on a real Kafka: an outbox that a crash has left is drained, and a steady stream is told as it is saved."""

import sys
from statistics import median
from typing import Any

import orjson
from grounds import HERE, Grounds, Platform, Void, platform, say
from offsets import ends
from outcome import Goal, Part
from profiles import Profile
from throughput import count

from common.events.party import PartyContactChanged
from loket.embedded.child import start_child

SIZES = {"tiny": (1_000, 1, 1), "quick": (10_000, 3, 1), "full": (100_000, 10, 1)}  # entries, seconds of the stream, rounds
RATE = 2_000
WARM = 1  # record that the others send first
TOPIC = PartyContactChanged.topic
Said = dict[str, Any]


def telling(grounds: Grounds, profile: Profile) -> Part:
    entries, seconds, rounds = SIZES[profile.name]
    drains, straight, stream, sends = [], [], [], []
    for turn in range(rounds):
        say(f"(i) an outbox of {entries} entries, and {RATE} per second for {seconds} s, round {turn + 1} of {rounds}")
        drains.append(_run(grounds, entries, ("fill", entries), ("drain", entries)))
        straight.append(_run(grounds, entries + WARM, ("straight", entries)))
        stream.append(_run(grounds, RATE * seconds + WARM, ("stream", RATE, seconds)))
        sends.append(_run(grounds, RATE * seconds + WARM, ("sends", RATE, seconds)))
    ratio = median(a["rate"] / b["rate"] for a, b in zip(drains, straight, strict=True))
    late = median(a["p99"] - b["p99"] for a, b in zip(stream, sends, strict=True))
    rows = [
        ("entries left by a crash", f"{entries:,}"),
        ("told per second, from the outbox / straight to Kafka", f"{_middle(drains, 'rate'):,.0f} / {_middle(straight, 'rate'):,.0f}"),
        ("CPU µs per event, the same", f"{_middle(drains, 'micros'):.0f} / {_middle(straight, 'micros'):.0f}"),
        (f"saved → acknowledged by Kafka at {RATE:,}/s, p50 / p99", _delays(stream)),
        (f"the same events sent without a store at {RATE:,}/s, p50 / p99", _delays(sends)),
        ("CPU µs per event, saved, told and cleared / sent", f"{_middle(stream, 'micros'):.0f} / {_middle(sends, 'micros'):.0f}"),
        ("events per second that came to Kafka", f"{_middle(stream, 'rate'):,.0f}"),
    ]
    goals = [
        Goal("an outbox drained beside producing straight", "≥ 0.5 ×", f"{ratio:.2f} ×", ratio >= 0.5),
        Goal("steady 2,000/s: p99 over that without an outbox", "≤ 20 ms", f"{late:.0f} ms", late <= 20),
    ]
    return Part(rows, goals, {"drain": drains, "straight": straight, "stream": stream, "sends": sends})


def _middle(found: list[Said], name: str) -> float:
    return median(one[name] for one in found)


def _delays(found: list[Said]) -> str:
    return f"{_middle(found, 'p50'):.1f} / {_middle(found, 'p99'):.1f} ms"


def _run(grounds: Grounds, wanted: int, *works: tuple[Any, ...]) -> Said:
    """One work after the other on the same store, each in a process of its own; what the last one says."""
    with platform(grounds) as made:
        for work in works:
            said = _said(made, [str(word) for word in work])
        told = sum(ends(made, [TOPIC]).values())
        if told != wanted or count(made, "intake", "outbox") > 0:
            raise Void(f"{told} events told of {wanted}, {count(made, 'intake', 'outbox')} left in the outbox")
        return said


def _said(made: Platform, words: list[str]) -> Said:
    made.ports["intake"] = 0
    command = [sys.executable, str(HERE / "peers" / "telling.py"), *words]
    child = start_child("telling", command, made.folder / "telling.log", made.environment("intake"))
    if child.popen.wait(300) != 0:
        raise Void(f"{words[0]} ended with {child.popen.returncode}:{child.tail()}")
    return dict(orjson.loads(child.log.read_bytes().splitlines()[-1]))
