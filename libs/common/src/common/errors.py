"""The three ways in which something can fail; anything else is a bug."""

from datetime import timedelta


class Rejected(Exception):
    """The message breaks a rule: the caller gets a 4xx, or the lane is parked. Never retried by itself."""


class NotFound(Rejected):
    """What the message speaks of is not here (or not for this caller to see)."""


class Conflict(Rejected):
    """The message is against the present state, or against an earlier message with the same id."""


class Unavailable(Exception):
    """Store, broker or provider cannot be had now: patience, never parking."""

    def __init__(self, sentence: str, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Contended(Unavailable):
    """The aggregate was changed under each attempt; later it will be quieter."""
