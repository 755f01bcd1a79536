"""What a measurement ran on, and what its processes have used of it, read from /proc."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM now."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def description() -> dict[str, str]:
    """The machine, for whoever compares."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpu": f"{len(os.sched_getaffinity(0))} cores, {_model()}",
        "memory": f"{_kilobytes(Path('/proc/meminfo'), 'MemTotal') / 1024**2:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "disk": f"{_sync_ms():.1f} ms per fdatasync of 4 KB (median of 50)",
        "python": platform.python_version(),
        "kafka": kafka_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in ("faststream", "aiokafka", "pydantic", "uvloop")),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def kafka_version() -> str:
    """The version of the embedded Kafka."""
    from loket.embedded.jars import KAFKA  # noqa: PLC0415 - only for the description

    return KAFKA.endpoint.split("+")[0].rpartition(":")[2] + ", one node, in its own process"


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _kilobytes(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(f"{name}:"))


def _sync_ms() -> float:
    import tempfile  # noqa: PLC0415
    from time import perf_counter  # noqa: PLC0415

    spent = []
    with tempfile.TemporaryFile() as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = perf_counter()
            os.fdatasync(file.fileno())
            spent.append(perf_counter() - began)
    return sorted(spent)[25] * 1000
