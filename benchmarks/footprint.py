"""(e) How long a service takes from its start until it is ready, and how much memory it holds when it idles."""

import time
from typing import NamedTuple

from grounds import SERVICES, Grounds, Platform, platform, until
from machine import cpu_seconds, resident_mb


class Footprint(NamedTuple):
    """One service by itself on an empty store."""

    ready: float
    """Seconds until `/health/ready` says yes."""
    cpu: float
    """CPU seconds of that."""
    idle: float
    """MB resident two seconds later."""


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


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        GROUNDS = Grounds(Path(folder))
        try:
            for _ in range(2):
                print(footprints(GROUNDS), flush=True)
        finally:
            GROUNDS.close()
