"""Class archives that let a JVM start in a third of the time: written at the first clean end, read from then on.

Measured with Kafka 4.4 on 2 cores: format 1.2 s and start 2.2 s without, 0.3 s and 0.9 s with an archive.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loket.embedded.java import Java

_AOT_SINCE = 25


@dataclass(frozen=True)
class Archive:
    """One archive belongs to one Java, class path and set of flags; any other ignores it."""

    java: Java
    path: Path
    draft: Path

    @property
    def options(self) -> list[str]:
        """To read it, or to write it where there is none yet."""
        written = "AOTCacheOutput" if self.java.feature >= _AOT_SINCE else "ArchiveClassesAtExit"
        return self.reading or [f"-XX:{written}={self.draft}"]

    @property
    def reading(self) -> list[str]:
        """To read it where there is one: for another program of the same class path, whose own classes must not take its place."""
        read = "AOTCache" if self.java.feature >= _AOT_SINCE else "SharedArchiveFile"
        return [f"-XX:{read}={self.path}"] if self.path.exists() else []

    def keep(self) -> None:
        """After a clean end: what the JVM wrote counts from now on."""
        if self.draft.exists():
            self.draft.replace(self.path)

    def drop(self) -> None:
        """After any other end: it may be half written."""
        self.draft.unlink(missing_ok=True)


def archive(cache: Path, name: str, java: Java, command: Sequence[str], token: str) -> Archive:
    """`token` tells apart those who write at the same time."""
    folder = cache / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256("\0".join([str(java.program), java.version, *command]).encode()).hexdigest()[:16]
    path = folder / f"{name}-{identity}.jsa"
    return Archive(java, path, path.with_suffix(f".{token}.draft"))
