"""Lanes: a case whose message fails waits with everything behind it, in order, while all other cases go on."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel

from common.aggregate import Aggregate
from common.clock import Clock
from common.errors import NotFound
from common.events.base import Message
from common.events.catalogue import EVENTS
from common.events.lane import PARKED
from common.ids import derived
from common.store.port import Collection
from common.subscribing import On, on


class Kind(StrEnum):
    """What waits in a lane."""

    MESSAGES = "messages"  # records from Kafka, in order
    STEPS = "steps"  # the outbox of an aggregate, whose first entry failed; the entries stay there
    QUARANTINE = "quarantine"  # one record that is no event; it holds up nothing


class State(StrEnum):
    """Whether a lane still waits."""

    PARKED = "parked"
    RESUMED = "resumed"
    DISCARDED = "discarded"


class ParkedRecord(BaseModel):
    """A record byte for byte (base64), with where it came from."""

    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: str = ""
    value: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Lane(Aggregate):
    """What waits for somebody's help, oldest first, and why."""

    collection: ClassVar[str] = "lanes"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state", "parked_at"),)

    name: str
    kind: Kind
    state: State = State.PARKED
    parked_at: datetime
    error: str
    attempts: int = 1
    trace: str = ""
    records: list[ParkedRecord] = []

    def queue(self, record: ParkedRecord) -> Self | None:
        """Put a record behind the others; a repetition changes nothing."""
        if any((one.topic, one.partition, one.offset) == (record.topic, record.partition, record.offset) for one in self.records):
            return None
        self.records.append(record)
        return self


class Park(Message):
    """A message has failed."""

    name: str
    kind: Kind
    record: ParkedRecord
    error: str
    trace: str = ""


class Queue(Message):
    """A message came for a lane that is parked."""

    name: str
    record: ParkedRecord


class Settle(Message):
    """The first record of a lane has been carried out, or is given up."""

    lane_id: UUID
    discard: bool = False


class Fail(Message):
    """The first record of a lane has failed again."""

    lane_id: UUID
    error: str


class Resume(Message):
    """Nothing waits in a lane any more: let the next message of its case through."""

    lane_id: UUID
    discard: bool = False


@dataclass(frozen=True)
class LanePorts:
    """What the handlers of lanes can reach."""

    lanes: Collection[Lane]
    clock: Clock
    service: str


def lane_id(name: str) -> UUID:
    """The id of the lane of that name."""
    return derived("lane", name)


async def park(message: Park, ports: LanePorts) -> Lane | None:
    """Stop the lane at this record, and say so."""
    lane = await ports.lanes.get(lane_id(message.name))
    now = ports.clock.now()
    if lane is None:
        lane = Lane(id=lane_id(message.name), name=message.name, kind=message.kind, parked_at=now, error=message.error, trace=message.trace)
    elif lane.state is State.PARKED:
        return lane.queue(message.record)
    else:
        lane.state, lane.parked_at, lane.error, lane.attempts, lane.trace = State.PARKED, now, message.error, 1, message.trace
    lane.records = [message.record]
    return lane.tell(_parked_event(lane, ports))


async def queue(message: Queue, ports: LanePorts) -> Lane | None:
    """Let a record wait behind the others of its lane."""
    lane = await ports.lanes.get(lane_id(message.name))
    return lane if lane is None or lane.state is not State.PARKED else lane.queue(message.record)


async def settle(message: Settle, ports: LanePorts) -> Lane:
    """Take the first record out."""
    lane = await _existing(message.lane_id, ports)
    lane.records = lane.records[1:]
    lane.attempts = 1
    return _end(lane, discard=message.discard) if not lane.records else lane


async def fail(message: Fail, ports: LanePorts) -> Lane:
    """Count an attempt that did not help."""
    lane = await _existing(message.lane_id, ports)
    lane.attempts += 1
    lane.error = message.error
    return lane


async def resume(message: Resume, ports: LanePorts) -> Lane:
    """Open a lane."""
    lane = await _existing(message.lane_id, ports)
    lane.records = []
    return _end(lane, discard=message.discard)


def lane_handlers(service: str) -> tuple[On[LanePorts], ...]:
    """What can be done to the lanes of a service."""
    return (on(Park, park, PARKED[service]), on(Queue, queue), on(Settle, settle), on(Fail, fail), on(Resume, resume))


async def _existing(id_: UUID, ports: LanePorts) -> Lane:
    lane = await ports.lanes.get(id_)
    if lane is None or lane.state is not State.PARKED:
        raise NotFound("No such lane is parked.")
    return lane


def _end(lane: Lane, *, discard: bool) -> Lane:
    lane.state = State.DISCARDED if discard else State.RESUMED
    return lane


def _parked_event(lane: Lane, ports: LanePorts):  # type: ignore[no-untyped-def]  # noqa: ANN202 - one of four classes alike
    record, event = lane.records[0], EVENTS.get(lane.records[0].topic)
    return PARKED[ports.service](
        occurred_at=lane.parked_at,
        lane=lane.name[:128],
        source_topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        error=lane.error,
        attempts=lane.attempts,
        trace=lane.trace,
        record="" if event is None or event.personal else record.value or "",
    )


def keep(record: object, topic: str) -> ParkedRecord:
    """A record of Kafka's client as it is kept; `topic` without the deployment's prefix."""
    r = record
    return ParkedRecord(
        topic=topic,
        partition=r.partition,  # type: ignore[attr-defined]
        offset=r.offset,  # type: ignore[attr-defined]
        timestamp=r.timestamp,  # type: ignore[attr-defined]
        key=b64encode(r.key or b"").decode(),  # type: ignore[attr-defined]
        value=None if r.value is None else b64encode(r.value).decode(),  # type: ignore[attr-defined]
        headers=tuple((name, b64encode(value or b"").decode()) for name, value in r.headers),  # type: ignore[attr-defined]
    )


@dataclass(frozen=True)
class KeptRecord:
    """A kept record as Kafka's client would hand it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def restore(kept: ParkedRecord) -> KeptRecord:
    """The record that was kept, byte for byte."""
    value = None if kept.value is None else b64decode(kept.value)
    headers = tuple((name, b64decode(text)) for name, text in kept.headers)
    return KeptRecord(kept.topic, kept.partition, kept.offset, kept.timestamp, b64decode(kept.key), value, headers)
