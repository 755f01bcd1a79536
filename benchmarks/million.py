"""(o, p) A million events through all four services: memory as they go by, and all figures recounted from the log that they leave."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
from grounds import HERE, SERVICES, Grounds, Platform, Void, platform, say
from machine import cpu_seconds, resident_mb
from offsets import ends
from outcome import Goal, Part
from profiles import Profile
from throughput import FACTS, LETTERS, asked, check, hand_in, settled, start_all

from loket.embedded.child import start_child
from reporting.app import RECORDED

CASES = {"tiny": (200, 0.3), "quick": (1_500, 0.5), "full": (76_924, 5.0)}  # thirteen events each; seconds between two looks at memory
AHEAD = 2_000  # cases under way before more are handed in, as many at once
WARM = 0.2  # of all events, before which growth does not count
STALLED = 120.0  # seconds without a letter
READ = "read from offset 0"  # what the rebuild says of its records when it has read them
STEADY = 5.0  # percent of memory that 100,000 events may add


class Look(NamedTuple):
    """Memory of each service when so many events had gone by."""

    events: float
    resident: dict[str, float]


class History(NamedTuple):
    """A platform that has taken everything in and was stopped, with its stores and its log."""

    made: Platform
    events: int
    seconds: float
    looks: list[Look]


def growing(grounds: Grounds, profile: Profile) -> Part:
    """(o)"""
    history = _history(grounds, profile)
    rows = [("events of all four services, those that reporting keeps", f"{history.events:,}"), ("minutes", f"{history.seconds / 60:.1f}")]
    growth: dict[str, float] = {}
    for service in SERVICES:
        series = [(look.events, look.resident[service]) for look in history.looks]
        warm = [one for one in series if one[0] >= WARM * history.events]
        slope = _slope(warm) * 100_000
        growth[service] = slope / warm[0][1] * 100
        few = " · ".join(f"{megabytes:.0f}" for _, megabytes in series[:: max(1, len(series) // 8)])
        rows.append((f"MB of {service} as the events go by", f"{few}; after the first fifth {slope:+.1f} per 100,000 events"))
    worst = max(growth, key=lambda service: growth[service])
    reached = f"{growth[worst]:+.1f} % ({worst})"
    goal = Goal("memory added by 100,000 events, worst service", f"≤ {STEADY:.0f} %", reached, growth[worst] <= STEADY)
    return Part(rows, [goal], {"looks": [look._asdict() for look in history.looks], "percent per 100,000": growth})


def rebuilding(grounds: Grounds, profile: Profile) -> Part:
    """(p)"""
    history = _history(grounds, profile)
    say(f"(p) a raw replay of {history.events} events, then the rebuild")
    raw = _raw(history)
    mine = _rebuilt(history)
    ratio = mine["rate"] / raw["rate"]
    rows = [
        ("events in the log", f"{history.events:,}"),
        ("events per second, rebuild / raw replay", f"{mine['rate']:,.0f} / {raw['rate']:,.0f}"),
        ("CPU µs per event", f"{mine['micros']:.0f} / {raw['micros']:.0f}"),
        ("seconds to read everything, then to compute and compare all figures", f"{mine['read']:.1f}, {mine['compared']:.1f}"),
        ("what the rebuild says", mine["said"]),
    ]
    goals = [
        Goal("rebuild beside a raw replay", "≥ 0.7 ×", f"{ratio:.2f} ×", ratio >= 0.7),
        Goal("rebuild, events per second in one process", "≥ 8,000", f"{mine['rate']:,.0f}", mine["rate"] >= 8_000),
    ]
    return Part(rows, goals, {"rebuild": mine, "raw": raw})


def _history(grounds: Grounds, profile: Profile) -> History:
    history: History = grounds.shared("history", lambda: _made(grounds, *CASES[profile.name]))
    return history


@contextmanager
def _made(grounds: Grounds, cases: int, pause: float) -> Iterator[History]:
    with platform(grounds) as made:
        say(f"(o, p) {cases} cases, {cases * FACTS} events, never more than {AHEAD * 2} cases under way")
        start_all(made)
        grounds.sink.ask("forget")
        began, looks = time.monotonic(), list[Look]()
        for done in _handed_in(grounds, made, cases):
            if time.monotonic() - began >= pause * len(looks):
                looks.append(_look(made, done))
        settled(grounds, made, cases)
        looks.append(_look(made, cases))
        seconds = time.monotonic() - began
        check(made, cases)
        made.stop()
        yield History(made, cases * FACTS, seconds, looks)


def _handed_in(grounds: Grounds, made: Platform, cases: int) -> Iterator[float]:
    """The cases of which the letters have come, again and again until all have; more are handed in as they do."""
    handed, done, moved = 0, 0.0, time.monotonic()
    feeding: Future[Any] | None = None
    with ThreadPoolExecutor(1) as pool:
        while done < cases:
            before, done = done, grounds.sink.ask("count") / LETTERS
            moved = time.monotonic() if done > before else moved
            if time.monotonic() - moved > STALLED or not all(child.alive for child in made.children.values()):
                raise Void(f"it stopped after {done:.0f} of {cases} cases")
            if (feeding is None or feeding.done()) and handed < cases and handed - done < AHEAD:
                if feeding is not None:
                    feeding.result()
                more = min(AHEAD, cases - handed)
                feeding = pool.submit(hand_in, grounds, made, more, first=handed, batch=10, connections=4)
                handed += more
            yield done
            time.sleep(0.1)
        assert feeding is not None
        feeding.result()


def _look(made: Platform, cases: float) -> Look:
    return Look(cases * FACTS, {service: resident_mb(made.children[service].popen.pid) for service in SERVICES})


def _slope(series: list[tuple[float, float]]) -> float:
    """MB per event, by least squares."""
    if len(series) < 2:
        raise Void("too few looks at memory for a slope")
    x, y = (sum(values) / len(series) for values in zip(*series, strict=True))
    return sum((a - x) * (b - y) for a, b in series) / sum((a - x) ** 2 for a, _ in series)


def _raw(history: History) -> dict[str, Any]:
    made = history.made
    log, file = made.folder / "replayed.log", made.folder / "replayed.sqlite"
    environment = made.environment("reporting") | {"SQLITE_PATH": str(file)}
    began = time.monotonic()
    child = start_child("replayed", [sys.executable, str(HERE / "peers" / "replayed.py"), str(history.events)], log, environment)
    if child.popen.wait(900) != 0:
        raise Void(f"the raw replay ended with {child.popen.returncode}:{child.tail()}")
    seconds = time.monotonic() - began
    said = orjson.loads(log.read_bytes().splitlines()[-1])
    file.unlink()
    return {"rate": history.events / seconds, "micros": said["cpu"] / history.events * 1e6, "read": seconds}


def _rebuilt(history: History) -> dict[str, Any]:
    """As `loket rebuild reporting` does it: a line of its own says when everything is read, its end when all figures are compared."""
    made, topics = history.made, [event.topic for event in RECORDED]
    began, log = time.monotonic(), made.folder / "rebuild.log"
    child = start_child("rebuild", [sys.executable, "-P", "-m", "reporting.rebuild"], log, made.environment("reporting"))
    while child.alive and READ.encode() not in log.read_bytes():
        time.sleep(0.02)
    read, spent = time.monotonic() - began, cpu_seconds(child.popen.pid) if child.alive else 0.0
    if child.popen.wait(900) != 0:
        raise Void(f"the rebuild ended with {child.popen.returncode}:{child.tail()}")
    compared, said = time.monotonic() - began - read, log.read_text(encoding="utf-8").splitlines()
    facts = asked(made, "reporting", "select count(*) from facts")[0][0]
    if (
        facts != history.events
        or not any(line.startswith(f"{sum(ends(made, topics).values())} records {READ}") for line in said)
        or f"{facts} rebuilt" not in said[-1]
    ):
        raise Void(f"of {history.events} events the live store has {facts}; {' '.join(said)}")
    micros = spent / history.events * 1e6
    return {"rate": history.events / read, "micros": micros, "read": read, "compared": compared, "said": said[-1]}
