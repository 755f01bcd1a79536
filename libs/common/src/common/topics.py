"""The topics of the platform, as code: partitions, retention and compaction follow from the contracts."""

from typing import NamedTuple

from common.events.base import Event
from common.events.catalogue import EVENTS

PARTITIONS = 12  # the same for all, so that with the range assignor one member of a group sees everything about a case
TOMBSTONES_STAY = (
    30 * 24 * 3_600_000
)  # milliseconds in which a service that is away still learns that something is gone; Kafka's own is a day
MESSAGE_LIMIT = 262_144  # bytes


class Topic(NamedTuple):
    """A topic with its settings as Kafka names them."""

    name: str
    partitions: int
    config: dict[str, str]


def topic_of(event: type[Event]) -> Topic:
    """The topic that an event travels on; the log is kept for ever, since figures are recounted from it."""
    compacted = {"cleanup.policy": "compact", "delete.retention.ms": str(TOMBSTONES_STAY)}
    policy = compacted if event.compacted else {"cleanup.policy": "delete", "retention.ms": "-1"}
    return Topic(event.topic, PARTITIONS, {**policy, "max.message.bytes": str(MESSAGE_LIMIT)})


TOPICS = tuple(topic_of(event) for event in EVENTS.values())
