"""What happened in a run, line by line; two runs of one seed have the same history, byte for byte."""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple


class Line(NamedTuple):
    """Something that happened; `about` is a case where it concerns one."""

    at: float
    who: str
    what: str
    about: str | None

    def __str__(self) -> str:
        return f"{self.at:9.3f}  {self.who:<16} {self.what}"


class History:
    """Kept in memory, told only when something is wrong."""

    def __init__(self, time: Callable[[], float]) -> None:
        self.lines: list[Line] = []
        self.closed = False
        self._time = time

    def note(self, who: str, what: str, about: str | None = None) -> None:
        """Add a line, unless the story is over."""
        if not self.closed:
            self.lines.append(Line(self._time(), who, what, about))

    def digest(self) -> str:
        """What two runs have in common only if everything happened alike."""
        return sha256("\n".join(f"{line} {line.about}" for line in self.lines).encode()).hexdigest()
