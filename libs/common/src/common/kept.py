"""Records of Kafka as they are kept in a parked lane: byte for byte."""

from base64 import b64decode, b64encode
from dataclasses import dataclass

from pydantic import BaseModel

Place = tuple[str, int, int]  # topic, partition, offset


class ParkedRecord(BaseModel):
    """A record byte for byte (base64), with where it came from."""

    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: str | None = None
    value: str | None = None
    headers: tuple[tuple[str, str | None], ...] = ()

    @property
    def place(self) -> "Place":
        """Where it lies in the log, or in an outbox."""
        return self.topic, self.partition, self.offset


def keep(record: object, topic: str) -> ParkedRecord:
    """A record of Kafka's client as it is kept; `topic` without the deployment's prefix."""
    r = record
    return ParkedRecord(
        topic=topic,
        partition=r.partition,  # type: ignore[attr-defined]
        offset=r.offset,  # type: ignore[attr-defined]
        timestamp=r.timestamp,  # type: ignore[attr-defined]
        key=_text(r.key),  # type: ignore[attr-defined]
        value=_text(r.value),  # type: ignore[attr-defined]
        headers=tuple((name, _text(value)) for name, value in r.headers),  # type: ignore[attr-defined]
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)


@dataclass(frozen=True)
class KeptRecord:
    """A kept record as Kafka's client would hand it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def restore(kept: ParkedRecord) -> KeptRecord:
    """The record that was kept, byte for byte."""
    headers = tuple((name, _bytes(text)) for name, text in kept.headers)
    return KeptRecord(kept.topic, kept.partition, kept.offset, kept.timestamp, _bytes(kept.key), _bytes(kept.value), headers)
