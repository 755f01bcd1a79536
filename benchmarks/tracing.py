"""(m) What a case costs when no trace, each tenth and every trace is recorded and sent to a collector."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from grounds import HERE, Grounds, Void, say, until
from outcome import Goal, Part
from profiles import Profile
from throughput import Run, ours

from loket.embedded.child import free_port, start_child

CASES = {"tiny": (60, 1), "quick": (600, 1), "full": (2_000, 2)}  # cases, rounds
RATIOS = {"off": "0", "10 %": "0.1", "100 %": "1"}
GOALS = {"10 %": 0.85, "100 %": 0.45}


def traced(grounds: Grounds, profile: Profile) -> Part:
    cases, rounds = CASES[profile.name]
    runs: dict[str, list[Run]] = {name: [] for name in RATIOS}
    spans: dict[str, float] = {}
    with _collector(grounds) as collector:
        endpoint = f"http://127.0.0.1:{collector.port}"
        for turn in range(rounds):
            for name, ratio in RATIOS.items():
                say(f"(m) {cases} cases, tracing {name}, round {turn + 1} of {rounds}")
                sent = {} if name == "off" else {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
                before = collector.spans()
                runs[name].append(ours(grounds, cases, TRACE_RATIO=ratio, **sent))
                spans[name] = (collector.spans() - before) / cases
    if spans["off"] or not 0 < spans["10 %"] < spans["100 %"] / 3:
        raise Void(f"spans per case that came to the collector: {spans}")
    return _part(runs, spans)


def _part(runs: dict[str, list[Run]], spans: dict[str, float]) -> Part:
    micros = {name: median(run.micros + run.before / run.cases * 1e6 for run in found) for name, found in runs.items()}
    beside = {name: median(a.rate / b.rate for a, b in zip(found, runs["off"], strict=True)) for name, found in runs.items()}
    rows = [
        (f"CPU µs per case, tracing {name}", f"{micros[name]:.0f} ({spans[name]:.1f} spans per case at the collector)") for name in runs
    ]
    rows.append(("cases per second, off / 10 % / 100 %", " / ".join(f"{median(run.rate for run in found):.0f}" for found in runs.values())))
    goals = [
        Goal(f"cases per second with {name} of all traces beside none", f"≥ {wanted} ×", f"{beside[name]:.2f} ×", beside[name] >= wanted)
        for name, wanted in GOALS.items()
    ]
    return Part(rows, goals, {"runs": {name: [run._asdict() for run in found] for name, found in runs.items()}, "spans": spans})


class _Collector:
    """A process that counts the spans it is sent."""

    def __init__(self, grounds: Grounds) -> None:
        self.port = free_port()
        self._file = grounds.folder / "spans"
        log = grounds.folder / "collector.log"
        self.child = start_child("collector", [sys.executable, str(HERE / "peers" / "collector.py"), str(self.port), str(self._file)], log)
        until(self._file.exists, "the collector")

    def spans(self) -> int:
        return int(self._file.read_text() or 0)


@contextmanager
def _collector(grounds: Grounds) -> Iterator[Any]:
    collector = _Collector(grounds)
    try:
        yield collector
    finally:
        collector.child.stop(5)
