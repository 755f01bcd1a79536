"""What one check of the audit came to."""

import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """`wrong` makes the audit fail; `unseen` says what could not be looked at, and why."""

    check: str
    seen: str
    wrong: list[str] = field(default_factory=list)
    unseen: str = ""

    @property
    def verdict(self) -> str:
        """In one word."""
        if self.wrong:
            return "wrong"
        return "not checked" if self.unseen else "fine"


def tool(name: str) -> str:
    """A program of the audit's own environment."""
    return str(Path(sys.executable).parent / name)
