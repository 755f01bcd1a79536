"""What a power cut leaves of a Kafka that has been killed: of each partition, what it had written to disk by its own word."""

import struct
from collections.abc import Iterator
from pathlib import Path

CHECKPOINT = "recovery-point-offset-checkpoint"
BATCH_HEAD = struct.Struct(">qi")  # base offset, length of what follows (Kafka's record batch, magic 2)
KEPT = "__cluster_metadata"
"""The quorum's own log is written to disk with each append."""


def forget_unflushed(records: Path) -> int:
    """Cut the segments under a `log.dirs` folder where they may not have reached the disk; the number of batches cut."""
    flushed = _recovery_points(records / CHECKPOINT)
    cut = 0
    for partition in records.iterdir():
        if partition.is_dir() and not partition.name.startswith(KEPT):
            cut += _cut(partition, flushed.get(partition.name, 0))
    return cut


def _recovery_points(file: Path) -> dict[str, int]:
    lines = file.read_text().splitlines()[2:] if file.exists() else []  # after version and number of lines
    return {f"{topic}-{partition}": int(offset) for topic, partition, offset in (line.split() for line in lines)}


def _cut(partition: Path, flushed: int) -> int:
    cut = 0
    for segment in sorted(partition.glob("*.log")):
        lost = [at for base, at in _batches(segment.read_bytes()) if base >= flushed]
        if lost:
            cut += len(lost)
            with segment.open("r+b") as file:
                file.truncate(lost[0])
    for derived in (*partition.glob("*.index"), *partition.glob("*.timeindex"), *partition.glob("*.snapshot")):
        derived.unlink()
    (partition / "leader-epoch-checkpoint").unlink(missing_ok=True)
    return cut


def _batches(segment: bytes) -> Iterator[tuple[int, int]]:
    """Base offset and place of each batch."""
    at = 0
    while at + BATCH_HEAD.size <= len(segment):
        base, length = BATCH_HEAD.unpack_from(segment, at)
        if length <= 0:
            return  # preallocated and not written yet
        yield base, at
        at += BATCH_HEAD.size + length
