"""The dump of the log: every record, and what can be read from those that are events."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

import orjson

Place = tuple[str, int, int]  # topic, partition, offset
ATTRIBUTES = ("ce_id", "ce_subject", "ce_sequence", "ce_time")


class Told(NamedTuple):
    """A record that bears the attributes of an event."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds by the clock of the process that sent it, which no shift of the platform's clock moves."""
    key: str
    id: str
    subject: str
    sequence: int
    time: str
    causation: str | None
    trace: str
    value: bytes

    @property
    def place(self) -> Place:
        """Where it lies in the log."""
        return self.topic, self.partition, self.offset

    @property
    def data(self) -> dict[str, Any]:
        """What it says, parsed at each reading: 400,000 parsed events would not fit."""
        found: dict[str, Any] = orjson.loads(self.value)
        return found


class Log(NamedTuple):
    """All events in the order of their partitions, and the places and ids of what was put there by others."""

    told: list[Told]
    first: dict[str, Told]
    """The first record of each event, by id."""
    strays: list[Place]
    """Records that are neither events nor in the ledger of poison."""
    poison_ids: frozenset[str]
    headers: dict[bytes, int]
    """How often each name of a header occurs."""


def read_log(path: Path, poisoned: frozenset[Place], sent: dict[str, int]) -> Log:
    """The log from its dump; `sent` has the times of events that had been in it before, since those are sent again later."""
    told, strays, poison_ids, names = [], [], set(), dict[bytes, int]()
    shared: dict[str, str] = {}
    for record in _records(path):
        headers = record["headers"]
        for name in headers:
            names[name.encode()] = names.get(name.encode(), 0) + 1
        place = (record["topic"], record["partition"], record["offset"])
        if place in poisoned:
            poison_ids.add(headers.get("ce_id", ""))
        elif record["key"] is None or any(name not in headers for name in ATTRIBUTES):
            strays.append(place)
        else:
            told.append(_told(record, headers, shared, sent))
    told.sort(key=lambda one: one.place)
    first: dict[str, Told] = {}
    for one in told:
        first.setdefault(one.id, one)
    return Log(told, first, strays, frozenset(poison_ids), names)


def _told(record: dict[str, Any], headers: dict[str, str], shared: dict[str, str], sent: dict[str, int]) -> Told:
    """Ids recur as causation of what follows, so one string serves all."""
    causation = headers.get("ce_causationid")
    return Told(
        topic=intern(record["topic"]),
        partition=record["partition"],
        offset=record["offset"],
        timestamp=min(record["timestamp"], sent.get(headers["ce_id"], record["timestamp"])),
        key=shared.setdefault(record["key"], record["key"]),
        id=shared.setdefault(headers["ce_id"], headers["ce_id"]),
        subject=shared.setdefault(headers["ce_subject"], headers["ce_subject"]),
        sequence=int(headers["ce_sequence"]),
        time=headers["ce_time"],
        causation=None if causation is None else shared.setdefault(causation, causation),
        trace=shared.setdefault(trace, trace) if (trace := headers.get("traceparent", "")[3:35]) else "",
        value=b"" if record["value"] is None else b64decode(record["value"]),
    )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        yield from map(orjson.loads, lines)
