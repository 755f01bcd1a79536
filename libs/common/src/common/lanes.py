"""Lanes: a case whose message fails waits with everything behind it, in order, while all other cases go on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field

from common.aggregate import Aggregate
from common.clock import Clock
from common.errors import NotFound
from common.events.base import Message
from common.events.catalogue import EVENTS
from common.events.lane import PARKED
from common.ids import derived
from common.kept import ParkedRecord, Place
from common.store.port import Collection
from common.subscribing import On, on

EVENT_HOLDS = 32_768  # characters of a record that the event about it repeats; the lane itself keeps all


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
    submitter: str = ""
    reason: str = ""
    """What was wrong with the bytes in quarantine, or why a step was given up."""
    records: list[ParkedRecord] = Field(default_factory=list)

    def queue(self, record: ParkedRecord) -> Self:
        """Put a record behind the others; a repetition changes nothing."""
        if all(one.place != record.place for one in self.records):
            self.records.append(record)
        return self


class Park(Message):
    """A message has failed."""

    name: str
    kind: Kind
    record: ParkedRecord
    error: str
    trace: str = ""
    submitter: str = ""
    reason: str = ""


class Queue(Message):
    """A message came for a lane that is parked."""

    name: str
    record: ParkedRecord


class Settle(Message):
    """The first record of a lane has been carried out, or is given up; `place` says which that was, since others may redrive as well."""

    lane_id: UUID
    place: Place
    discard: bool = False


class Fail(Message):
    """The first record of a lane has failed again."""

    lane_id: UUID
    error: str


class Resume(Message):
    """Nothing waits in a lane any more: let the next message of its case through."""

    lane_id: UUID
    discard: bool = False
    reason: str = ""


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
        lane = Lane(id=lane_id(message.name), name=message.name, kind=message.kind, parked_at=now, error=message.error)
    elif lane.state is State.PARKED:
        return lane.queue(message.record)
    lane.state, lane.parked_at, lane.error, lane.attempts = State.PARKED, now, message.error, 1
    lane.trace, lane.submitter, lane.reason = message.trace, message.submitter, message.reason
    lane.records = [message.record]
    return lane.tell(_parked_event(lane, ports))


async def queue(message: Queue, ports: LanePorts) -> Lane | None:
    """Let a record wait behind the others of its lane; None when the lane does not wait any more."""
    lane = await ports.lanes.get(lane_id(message.name))
    return None if lane is None or lane.state is not State.PARKED else lane.queue(message.record)


async def settle(message: Settle, ports: LanePorts) -> Lane | None:
    """Take the first record out, unless somebody else has."""
    lane = await _existing(message.lane_id, ports)
    if lane.records[0].place != message.place:
        return None
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
    lane.records, lane.reason = [], message.reason or lane.reason
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
        error=_word(lane.error),
        attempts=lane.attempts,
        trace=lane.trace,
        record="" if event is None or event.personal or len(record.value or "") > EVENT_HOLDS else record.value or "",
    )


def _word(name: str) -> str:
    """The name of a class as contracts take it: some begin with an underscore."""
    return name.strip("_")[:64] or "Error"
