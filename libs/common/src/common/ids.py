"""Ids are derived from what they identify, so that a repeated creation is a duplicate key and never a second thing."""

from uuid import UUID, uuid5

LOKET = UUID("6f1d5c0a-54e2-5a0c-9d2b-3f6a1f0c7e11")


def derived(*parts: object) -> UUID:
    """The id that always follows from these parts (UUIDv5, RFC 9562); parts are kept apart by a control character."""
    return uuid5(LOKET, "\x1f".join(map(str, parts)))
