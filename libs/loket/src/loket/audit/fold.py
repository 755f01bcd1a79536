"""What the log says, folded record by record into what the checks compare."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from common.cloudevents import Record
from common.epoch import NUMBERS

AT_A_DESK = frozenset({"one_stop", "desk"})
GONE = frozenset({"appointment.cancelled", "appointment.no-show"})


@dataclass
class Fold:
    """The state of everything that was told, by ids alone."""

    created: dict[str, datetime] = field(default_factory=dict)
    wants_desk: dict[str, datetime] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The newest word on each visit: its data, with the topic."""
    gone: set[str] = field(default_factory=set)
    """Appointments that are cancelled or missed."""
    requested: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    events_of: Counter[str] = field(default_factory=Counter)
    """Events per case, repetitions left out."""
    latest: dict[str, datetime] = field(default_factory=dict)
    """When something was last told about a case."""
    gaps: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    records: int = 0
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _digests: dict[str, bytes] = field(default_factory=dict)

    def take(self, topic: str, record: Record) -> None:
        """Fold one record; what is no event of ours is only counted, quarantine is the services' business."""
        self.records += 1
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        if record.value is None or "ce_id" not in headers or not headers.get("ce_sequence", "").isdigit():
            return
        if self._is_new(topic, headers, record.value):
            try:
                self._fold(topic, json.loads(record.value), datetime.fromisoformat(headers["ce_time"]))
            except (ValueError, KeyError, TypeError):
                return

    def _is_new(self, topic: str, headers: dict[str, str], value: bytes) -> bool:
        id_, digest = headers["ce_id"], blake2b(value, digest_size=8).digest()
        known = self._digests.setdefault(id_, digest)
        if known != digest:
            self.altered.append(id_)
        source, sequence = (topic, headers.get("ce_subject", "")), int(headers["ce_sequence"])
        last = self._last.get(source, 0)
        if sequence <= last:
            return False
        begins_epoch = sequence % NUMBERS == 1 and sequence > NUMBERS
        if sequence != last + 1 and not begins_epoch:
            self.gaps.append(f"{topic} {source[1]}")
        self._last[source] = sequence
        return True

    def _fold(self, topic: str, data: dict[str, Any], time: datetime) -> None:
        if "caseId" in data:
            self.events_of[data["caseId"]] += 1
            self.latest[data["caseId"]] = max(time, self.latest.get(data["caseId"], time))
        if topic.startswith("visit."):
            self._plan(topic, data)
        elif topic.startswith("notification."):
            self._letter(topic, data)
        elif topic in GONE:
            self.gone.add(data["appointmentId"])
        elif topic.startswith("case."):
            self._case(topic, data, time)

    def _case(self, topic: str, data: dict[str, Any], time: datetime) -> None:
        if topic == "case.created":
            self.created[data["caseId"]] = time
        elif topic == "case.closed":
            self.closed.add(data["caseId"])
        elif topic == "case.screened" and data["outcome"] == "accepted" and data["route"] in AT_A_DESK and data["formalities"]:
            self.wants_desk.setdefault(data["caseId"], time)

    def _letter(self, topic: str, data: dict[str, Any]) -> None:
        if topic == "notification.requested":
            self.requested[data["messageId"]] = data
        else:
            self.outcomes[data["messageId"]].append(data.get("outcome", topic.partition(".")[2]))

    def _plan(self, topic: str, data: dict[str, Any]) -> None:
        self.planned.add(data["caseId"])
        known = self.plans.get(data["visitId"])
        order = ("visit.proposed", "visit.deferred", "visit.confirmed", "visit.cancelled")
        if known is None or (known["revision"], order.index(known["topic"])) <= (data["revision"], order.index(topic)):
            self.plans[data["visitId"]] = data | {"topic": topic}
