"""A memory limit as Kubernetes sets it: a control group of the kernel (version 1 or 2) around one process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

ROOT = Path("/sys/fs/cgroup")


class Version(NamedTuple):
    """Where a version of control groups keeps what, and how a file says that the kernel has killed."""

    root: Path
    limit: str
    events: str


VERSIONS = (
    Version(ROOT / "memory", "memory.limit_in_bytes", "memory.oom_control"),
    Version(ROOT, "memory.max", "memory.events"),
)


@contextmanager
def memory_limit(pid: int, most: int) -> Iterator[Path | None]:
    """Hold a process to so many bytes, page cache included; gives the group's file of events, or None where none can be made."""
    made = next(filter(None, (_group(version, most) for version in VERSIONS)), None)
    if made is None:
        yield None
        return
    group, version = made
    (group / "cgroup.procs").write_text(str(pid))
    try:
        yield group / version.events
    finally:
        (group.parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def kills(events: Path) -> int:
    """How many processes of a group the kernel has killed for want of memory."""
    return next(int(line.split()[1]) for line in events.read_text().splitlines() if line.startswith("oom_kill "))


def _group(version: Version, most: int) -> tuple[Path, Version] | None:
    group = version.root / f"loket-{uuid4().hex[:8]}"
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        (group / version.limit).write_text(str(most))
    except OSError:
        group.rmdir()
        return None
    return group, version
