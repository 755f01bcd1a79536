"""What the log says, folded record by record into what the checks compare."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from common.cloudevents import Record
from common.epoch import NUMBERS
from common.events.catalogue import EVENTS

AT_A_DESK = frozenset({"one_stop", "desk"})
GONE = frozenset({"appointment.cancelled", "appointment.no-show"})
ORDER = ("visit.proposed", "visit.deferred", "visit.confirmed", "visit.cancelled")
Place = tuple[str, int, int]  # topic, partition, offset


class Slot(NamedTuple):
    """An appointment of a plan."""

    appointment: str
    desk: str
    starts: datetime
    ends: datetime


class Plan(NamedTuple):
    """The newest word on a visit."""

    case: str
    topic: str
    revision: int
    day: str
    slots: tuple[Slot, ...]


class Letter(NamedTuple):
    """When a letter is to go, and until when it may."""

    due: datetime
    expires: datetime


@dataclass
class Fold:
    """The state of everything that was told, by ids alone."""

    created: dict[str, datetime] = field(default_factory=dict)
    wants_desk: dict[str, datetime] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    plans: dict[str, Plan] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Appointments that are cancelled or missed."""
    letters: dict[str, Letter] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    events_of: Counter[str] = field(default_factory=Counter)
    """Events per case, repetitions left out."""
    latest: dict[str, datetime] = field(default_factory=dict)
    """When something was last told about a case."""
    gaps: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    """Events that were told with two contents, as by a store from before: the id of an event follows from its number."""
    reused: list[str] = field(default_factory=list)
    """Sources that gave a number to an event with another id."""
    unreadable: dict[Place, datetime] = field(default_factory=dict)
    """Records that are no event, and when they were written."""
    set_aside: set[Place] = field(default_factory=set)
    """Records that some service has said it parked or put into quarantine."""
    records: int = 0
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _contents: dict[int, int] = field(default_factory=dict)
    """Digest of each event's content by that of its id: numbers, since there are as many as events."""

    def take(self, topic: str, record: Record) -> None:
        """Fold one record of a topic, named without the deployment's prefix."""
        self.records += 1
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        try:
            if self._is_new(topic, headers, record.value or b""):
                self._fold(topic, json.loads(record.value or b""), datetime.fromisoformat(headers["ce_time"]))
        except (ValueError, KeyError, TypeError):
            if not EVENTS[topic].outward:  # who listens to those is not ours to know
                self.unreadable[topic, record.partition, record.offset] = datetime.fromtimestamp(record.timestamp / 1000, UTC)

    def _is_new(self, topic: str, headers: dict[str, str], value: bytes) -> bool:
        source, sequence = (topic, headers["ce_subject"]), int(headers["ce_sequence"])
        id_, content = _digest(headers["ce_id"].encode()), _digest(value)
        if (known := self._contents.get(id_)) is not None:
            if known != content:
                self.altered.append(headers["ce_id"])
            return False
        self._contents[id_] = content
        return self._counts_on(source, sequence)

    def _counts_on(self, source: tuple[str, str], sequence: int) -> bool:
        """Whether an event with a new id has a new number too; listeners drop those that have not."""
        last = self._last.get(source, 0)
        if sequence <= last:
            self.reused.append(" ".join(source))
            return False
        begins_epoch = sequence % NUMBERS == 1 and sequence > NUMBERS
        if sequence != last + 1 and not begins_epoch:
            self.gaps.append(" ".join(source))
        self._last[source] = sequence
        return True

    def _fold(self, topic: str, data: dict[str, Any], time: datetime) -> None:
        if "caseId" in data:
            self.events_of[data["caseId"]] += 1
            self.latest[data["caseId"]] = max(time, self.latest.get(data["caseId"], time))
        if topic in GONE:
            self.gone.add(data["appointmentId"])
        elif topic.endswith(".parked"):
            self.set_aside.add((data["sourceTopic"], data["partition"], data["offset"]))
        elif fold := self._by_noun.get(topic.partition(".")[0]):
            fold(topic, data, time)

    @cached_property
    def _by_noun(self) -> dict[str, Callable[[str, dict[str, Any], datetime], None]]:
        return {"case": self._case, "visit": self._plan, "notification": self._letter}

    def _case(self, topic: str, data: dict[str, Any], time: datetime) -> None:
        if topic == "case.created":
            self.created[data["caseId"]] = time
        elif topic == "case.closed":
            self.closed.add(data["caseId"])
        elif topic == "case.screened" and data["outcome"] == "accepted" and data["route"] in AT_A_DESK and data["formalities"]:
            self.wants_desk.setdefault(data["caseId"], time)

    def _letter(self, topic: str, data: dict[str, Any], time: datetime) -> None:
        if topic == "notification.requested":
            due = max(time, datetime.fromisoformat(data["notBefore"]))
            self.letters[data["messageId"]] = Letter(due, datetime.fromisoformat(data["expiresAt"]))
        else:
            self.outcomes[data["messageId"]].append(data.get("outcome", topic.partition(".")[2]))

    def _plan(self, topic: str, data: dict[str, Any], _time: datetime) -> None:
        self.planned.add(data["caseId"])
        known = self.plans.get(data["visitId"])
        if known is None or (known.revision, ORDER.index(known.topic)) <= (data["revision"], ORDER.index(topic)):
            slots = tuple(_slot(item) for item in data.get("items", ()))
            self.plans[data["visitId"]] = Plan(data["caseId"], topic, data["revision"], data.get("day") or "", slots)


def _slot(item: dict[str, Any]) -> Slot:
    starts, ends = (datetime.fromisoformat(item[name]) for name in ("startsAt", "endsAt"))
    return Slot(item["appointmentId"], item["deskId"], starts, ends)


def _digest(value: bytes) -> int:
    return int.from_bytes(blake2b(value, digest_size=8).digest())
