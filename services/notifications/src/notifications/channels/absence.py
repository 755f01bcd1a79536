"""Since when a provider lets nobody in, and why: known to all who wait, so that not each of them has to try."""

from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True)
class Patience:
    """In seconds: between two tries, until letters are put off instead of kept waiting, until a standstill counts as one."""

    between_tries: float = 1.0
    until_put_off: float = 30.0
    until_standstill: float = 10.0


class Absence:
    """Ends with the first connection that opens."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.reason_code: str | None = None
        self._since = self._tried = 0.0

    def just_tried(self) -> bool:
        """Whether the last try was so short ago that another would tell nothing new."""
        return self.reason_code is not None and monotonic() - self._tried < self._patience.between_tries

    def lasts(self) -> bool:
        """Whether it has been so long that waiting is no use."""
        return self.reason_code is not None and self._tried - self._since >= self._patience.until_put_off

    def note(self, reason_code: str) -> None:
        """A connection could not be opened."""
        self._tried = monotonic()
        if self.reason_code is None:
            self._since = self._tried
        self.reason_code = reason_code

    def over(self) -> None:
        """Somebody was let in."""
        self.reason_code = None
