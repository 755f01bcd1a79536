"""Who may do what on Kafka: the rights of every service, as they follow from what it tells and hears, and of the auditor."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from auditor import reach as auditor
from common.events.base import Event
from loket.contracts.services import Described, Platform

Operation = Literal["Read", "Write", "Describe"]


class Right(NamedTuple):
    """One resource that a principal may use, by its full name: no right is given by wildcard or by prefix."""

    principal: str
    kind: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]


def principals(platform: Platform, prefix: str = "") -> tuple[str, ...]:
    """One for each service and one for the auditor; the prefix is part of the name: platforms on one Kafka cannot read each other."""
    return (*(prefix + service.name for service in platform), prefix + auditor.NAME)


def rights(platform: Platform, prefix: str = "") -> tuple[Right, ...]:
    """All that is allowed; what is not named here is refused.

    There is no IdempotentWrite among them: since Kafka 2.8 whoever may write to some topic may also ask for a producer's id.
    """
    return (*(right for service in platform for right in _of(service, prefix)), *_of_auditor(prefix))


def _of(service: Described, prefix: str) -> Iterable[Right]:
    principal = prefix + service.name
    for event in sorted(service.tells, key=lambda event: event.topic):  # it reads its own last events, to know its store for theirs
        operations: tuple[Operation, ...] = ("Write", "Describe") if event.personal else ("Read", "Write", "Describe")
        yield Right(principal, "topic", prefix + event.topic, operations)
    yield from (Right(principal, "topic", prefix + topic, ("Read", "Describe")) for topic in _topics(service.hears))
    yield Right(principal, "group", prefix + service.name, ("Read",))


def _of_auditor(prefix: str) -> Iterable[Right]:
    """It reads without a group, and sees how far the groups of the services are."""
    principal = prefix + auditor.NAME
    yield from (Right(principal, "topic", prefix + topic, ("Read", "Describe")) for topic in auditor.TOPICS)
    yield from (Right(principal, "group", prefix + name, ("Describe",)) for name in auditor.SERVICES)


def _topics(events: Iterable[type[Event]]) -> list[str]:
    return sorted(event.topic for event in events)
