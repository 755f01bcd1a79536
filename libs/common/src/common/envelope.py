"""What stands around an event on its way: who told it, when, about what, and where it lies in the log."""

from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.aggregate import Mark


class Envelope(NamedTuple):
    """The CloudEvents attributes of an event and its place in Kafka."""

    id: UUID
    source: str
    subject: UUID
    time: datetime
    sequence: int
    aggregate_version: int
    correlation: UUID | None
    causation: UUID | None
    traceparent: str
    topic: str
    partition: int
    offset: int
    submitter: str = ""

    @property
    def mark(self) -> Mark:
        """Its place among the events of one aggregate on one topic."""
        return Mark(self.topic + "/" + str(self.subject), self.sequence)


receiving: ContextVar[Envelope] = ContextVar("receiving")
"""The envelope of the event whose handler is running."""


def current() -> Envelope:
    """The envelope of the event being handled; a `LookupError` outside of one."""
    return receiving.get()
