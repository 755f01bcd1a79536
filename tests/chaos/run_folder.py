"""Builds small run folders by hand, in the formats that a chaos run leaves behind: one that is clean, to be spoiled in one respect."""

import json
import sqlite3
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from chaos.judge.derived import event_of, lane_of

BEGAN = 1_790_000_000.0
Line = dict[str, Any]
TOPICS = {
    "intake": ["visit.confirmed", "visit.cancelled", "formality.completed"],
    "scheduling": ["case.screened", "case.closed"],
    "notifications": ["party.contact-changed", "case.created", "case.closed", "visit.confirmed", "visit.cancelled"],
    "reporting": [
        *("case.created", "case.screened", "case.closed", "visit.proposed", "visit.confirmed", "visit.cancelled"),
        *("appointment.booked", "appointment.cancelled", "appointment.checked-in", "appointment.started", "appointment.completed"),
        *("formality.completed", "notification.requested", "notification.sent", "notification.suppressed", "notification.failed"),
        *("intake.parked", "scheduling.parked", "notifications.parked"),
    ],
}
LEDGERS = ("calls", "mail", "faults", "poison", "log", "statuses", "timelines", "lists", "indicators", "looks")


@dataclass
class Source:
    """An aggregate that tells events."""

    service: str
    collection: str
    id: str
    key: str


@dataclass
class RunFolder:
    """Everything as plain lines and documents, so that a test can spoil any of it before it is written."""

    now: float = BEGAN
    run: Line = field(default_factory=dict)
    ledgers: dict[str, list[Line]] = field(default_factory=lambda: {name: [] for name in LEDGERS})
    documents: dict[tuple[str, str, str], Line] = field(default_factory=dict)
    outbox: list[tuple[str, str, str]] = field(default_factory=list)
    metrics: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, Line]] = field(default_factory=dict)
    output: dict[str, str] = field(default_factory=dict)

    def at(self) -> float:
        """A tenth of a second later."""
        self.now = round(self.now + 0.1, 3)
        return self.now

    def keep(self, service: str, collection: str, id_: str, **state: Any) -> Line:
        """An aggregate, with what every aggregate has."""
        document = {"id": id_, "version": 1, "told": {"outbox": 1}, "applied": {}, "waiting": {}, **state}
        return self.documents.setdefault((service, collection, id_), document)

    def document(self, service: str, collection: str, id_: str) -> Line:
        """One that is kept."""
        return self.documents[service, collection, id_]

    def tell(self, source: Source, topic: str, causation: str | None = None, trace: str = "1" * 32, **data: Any) -> str:
        """An event in the log, counted by who tells it and kept as a fact; its id."""
        at = self.at()
        told = self.document(source.service, source.collection, source.id)["told"]
        told[topic] = sequence = told.get(topic, 0) + 1
        id_ = event_of(source.collection, source.id, topic, sequence)
        headers = {
            "ce_id": id_,
            "ce_subject": source.id,
            "ce_sequence": str(sequence),
            "ce_time": moment(at),
            "traceparent": f"00-{trace}-{'2' * 16}-00",
        }
        if causation is not None:
            headers["ce_causationid"] = causation
        self.record(topic, source.key, headers, json.dumps({"occurredAt": moment(at), **data}).encode())
        if topic in TOPICS["reporting"]:
            self.keep("reporting", "facts", id_, topic=topic, subject=source.id, sequence=sequence, recorded_at=moment(at))
        return id_

    def record(self, topic: str, key: str | None, headers: dict[str, str], value: bytes) -> tuple[str, int, int]:
        """Bytes at the end of a partition; their place."""
        partition = crc32((key or "").encode()) % 12
        offset = sum(line["topic"] == topic and line["partition"] == partition for line in self.ledgers["log"])
        line = {"topic": topic, "partition": partition, "offset": offset, "timestamp": int(self.now * 1000), "key": key, "headers": headers}
        self.ledgers["log"].append(line | {"value": b64encode(value).decode()})
        return topic, partition, offset

    def call(self, kind: str, phase: str = "ok", status: int | None = 200, **more: Any) -> None:
        """A call with its answer; `unknown` and no status is one without."""
        number = len(self.ledgers["calls"])
        self.ledgers["calls"].append({"at": self.at(), "n": number, "phase": "invoked", "kind": kind, **more})
        self.ledgers["calls"].append(
            {"at": self.at(), "n": number, "phase": phase, "status": status, "case_id": more.get("case_id"), "answer": {}}
        )

    def lane(self, service: str, place: tuple[str, int, int]) -> None:
        """A record in quarantine, with word of it."""
        name = f"quarantine/{place[0]}/{place[1]}/{place[2]}"
        record = {"topic": place[0], "partition": place[1], "offset": place[2], "headers": []}
        self.keep(service, "lanes", lane_of(name), name=name, kind="quarantine", state="parked", error="Malformed", records=[record])
        said = {"lane": name, "sourceTopic": place[0], "partition": place[1], "offset": place[2], "error": "Malformed", "record": ""}
        self.tell(Source(service, "lanes", lane_of(name), name), f"{service}.parked", **said)

    def close(self) -> None:
        """Everybody has read everything."""
        ends: dict[str, int] = {}
        for line in self.ledgers["log"]:
            ends[f"{line['topic']}/{line['partition']}"] = line["offset"] + 1
        for service, topics in TOPICS.items():
            self.groups[service] = {
                f"{topic}/{number}": {"committed": ends.get(f"{topic}/{number}"), "end": ends.get(f"{topic}/{number}", 0)}
                for topic in topics
                for number in range(12)
            }
            self.metrics[f"{service}-1"] = "loket_outbox_aggregates 0.0\nloket_outbox_age_seconds 0.0\n"
            self.output[f"{service}-1.log"] = '{"event": "starting"}\n' + self.output.get(f"{service}-1.log", "")
        ended = self.at()
        self.run = {
            "seed": 7,
            "duration": 60,
            "started": BEGAN,
            "faults_ended": ended,
            "drained": ended + 5,
            "topics": TOPICS,
            "store": "sqlite",
            "profile": ["all", "cutoff_kafka", "cutoff_mail", "cutoff_store", "hostile", "restore"],
        }

    def write(self, folder: Path) -> Path:
        """As files."""
        (folder / "stores").mkdir(parents=True)
        (folder / "output").mkdir()
        for name, lines in self.ledgers.items():
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        for name, document in (
            ("run", self.run),
            ("groups", self.groups),
            ("metrics", self.metrics),
            ("canaries", {"markers": ["canary-7"]}),
        ):
            (folder / f"{name}.json").write_text(json.dumps(document))
        for name, text in self.output.items():
            (folder / "output" / name).write_text(text)
        for service in TOPICS:
            self._write_store(service, folder / "stores" / f"{service}.sqlite")
        return folder

    def _write_store(self, service: str, path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("pragma synchronous=off")
        connection.execute("create table outbox (collection text, aggregate text, position integer, acknowledged text)")
        connection.executemany("insert into outbox values (?, ?, 1, null)", [(one[1], one[2]) for one in self.outbox if one[0] == service])
        for collection in {one[1] for one in self.documents if one[0] == service}:
            connection.execute(f'create table "{collection}" (id text primary key, version integer, document blob, due text)')
        for (owner, collection, id_), document in self.documents.items():
            if owner == service:
                connection.execute(f'insert into "{collection}" values (?, 1, ?, null)', (id_, json.dumps(document).encode()))
        connection.commit()
        connection.close()


def moment(at: float) -> str:
    """As events say it."""
    return datetime.fromtimestamp(at, UTC).isoformat()
