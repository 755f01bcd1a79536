"""What the locks name: packages of Python and jars, with their versions and hashes."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DELIVERED = ("intake", "scheduling", "notifications", "reporting", "auditor", "loket")
JARS = ROOT / "libs/loket/src/loket/embedded/locks"


@dataclass(frozen=True)
class Package:
    """One line of a lock."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    group: str = ""

    @property
    def purl(self) -> str:
        """Its Package URL."""
        return f"pkg:maven/{self.group}/{self.name}@{self.version}" if self.group else f"pkg:pypi/{self.name}@{self.version}"


def packages(deliverable: str) -> list[Package]:
    """The packages of Python that a deliverable is installed with."""
    text = (ROOT / "locks" / f"{deliverable}.txt").read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==(\S+)((?:.*\n)(?:\s+--hash=\S+.*\n?)*)", text, re.MULTILINE)
    return [Package(name, version, tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))) for name, version, rest in found]


def jars() -> list[Package]:
    """The jars that `loket` fetches to run Kafka, and for tests a store."""
    lines = [line.split() for file in sorted(JARS.glob("*.jars")) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    parts = [(*coordinates.split(":"), digest) for coordinates, digest in lines]
    return [Package(name, version, (digest,), group) for group, name, version, digest in parts]
