"""Ids that follow from what they identify, worked out anew by the rule in docs/architecture.md ("Ids")."""

from uuid import UUID, uuid5

LOKET = UUID("6f1d5c0a-54e2-5a0c-9d2b-3f6a1f0c7e11")


def derived(*parts: object) -> str:
    """UUIDv5 of the parts in Loket's namespace, the parts kept apart by U+001F."""
    return str(uuid5(LOKET, "\x1f".join(map(str, parts))))


def case_of(partner: str, source: str, event_id: str) -> str:
    """What a submission becomes."""
    return derived("case", partner, source, event_id)


def event_of(collection: str, subject: str, topic: str, sequence: int) -> str:
    """The n-th event of an aggregate on a topic."""
    return derived(collection, subject, topic, sequence)


def visit_of(case: str) -> str:
    """The visit of a case."""
    return derived("visit", case)


def message_of(template: str, *cause: object) -> str:
    """The message that something causes."""
    return derived("message", template, *cause)


def lane_of(name: str) -> str:
    """The lane of that name."""
    return derived("lane", name)
