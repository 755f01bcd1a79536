"""(e) How long a service takes from its start until it is ready, and how much memory it holds when it idles."""

import time
from typing import NamedTuple

from grounds import SERVICES, Grounds, Platform, platform, until
from machine import cpu_seconds, resident_mb
from throughput import FACTS, check, hand_in, settled, start_all


class Footprint(NamedTuple):
    """One service by itself on an empty store."""

    ready: float
    """Seconds until `/health/ready` says yes."""
    cpu: float
    """CPU seconds of that."""
    idle: float
    """MB resident two seconds later."""

    def __str__(self) -> str:
        return f"ready after {self.ready:.1f} s ({self.cpu:.1f} s of CPU), {self.idle:.0f} MB idle"


def footprints(grounds: Grounds) -> dict[str, Footprint]:
    """Each service by itself, one after the other."""
    with platform(grounds) as made:
        return {service: _footprint(made, service) for service in SERVICES}


def _footprint(made: Platform, service: str) -> Footprint:
    began = time.monotonic()
    pid = made.start(service).popen.pid
    until(lambda: made.is_ready(service), f"{service} to be ready", 60, 0.01)
    ready, cpu = time.monotonic() - began, cpu_seconds(pid)
    time.sleep(2)
    idle = resident_mb(pid)
    made.stop(service)
    return Footprint(ready, cpu, idle)


def loaded(grounds: Grounds, events: int) -> tuple[int, dict[str, float]]:
    """MB resident of each service after so many events, and how many there were exactly."""
    cases = events // FACTS + 1
    with platform(grounds) as made:
        start_all(made)
        grounds.sink.ask("forget")
        hand_in(grounds, made, cases, batch=10, connections=8)
        settled(grounds, made, cases)
        check(made, cases)
        return cases * FACTS, {name: resident_mb(child.popen.pid) for name, child in made.children.items()}
