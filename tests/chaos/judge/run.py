"""A run folder, read when it is asked for; nothing outside it is looked at."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from chaos.judge.derived import case_of
from chaos.judge.logged import Log, Place, Told, read_log
from chaos.judge.stores import Document, StoreCopy

Line = dict[str, Any]
SERVICES = ("intake", "scheduling", "notifications", "reporting")
HOSTILE = "university"
"""The partner whose cases meet a bug until the faults have stopped, where the rig plays him."""


class Run:
    """What one chaos run has left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self, name: str) -> list[Line]:
        """A ledger; one that is not there has no lines, and what is checked by it counts nothing."""
        path = self.folder / f"{name}.jsonl"
        return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def whole(self, name: str) -> Any:
        """A file of one JSON document."""
        path = self.folder / f"{name}.json"
        return orjson.loads(path.read_bytes()) if path.exists() else {}

    @cached_property
    def about(self) -> Line:
        """Seed, duration, and when things happened."""
        found: Line = self.whole("run")
        return found

    @cached_property
    def calls(self) -> list[Line]:
        """One line per call: how it was invoked, and `outcome`, `status`, `answer`, `ended` of its second line; without it: unknown."""
        calls: dict[int, Line] = {}
        for line in self.lines("calls"):
            if line["phase"] == "invoked":
                calls[line["n"]] = {**line, "outcome": "unknown", "status": None, "answer": {}, "ended": None}
            else:
                given = {name: line[name] for name in ("case_id",) if line.get(name)}
                answer = {"status": line.get("status"), "answer": line.get("answer") or {}, "ended": line["at"]}
                calls[line["n"]] |= {**given, **answer, "outcome": line["phase"]}
        return list(calls.values())

    @cached_property
    def submissions(self) -> dict[str, list[Line]]:
        """The calls of each submission, by the id of the case that it becomes."""
        found: dict[str, list[Line]] = {}
        for call in self.calls:
            if call["kind"] == "submit" and call.get("event_id") is not None:
                found.setdefault(case_of(call["partner"], call["source"], call["event_id"]), []).append(call)
        return found

    @cached_property
    def hostile(self) -> frozenset[str]:
        """The cases of the partner whose cases meet a bug."""
        return frozenset(case for case, calls in self.submissions.items() if any(call["partner"] == HOSTILE for call in calls))

    @cached_property
    def mail(self) -> list[Line]:
        """What the provider was handed."""
        return self.lines("mail")

    @cached_property
    def taken(self) -> Counter[str]:
        """How often the provider has taken each letter."""
        return Counter(line["notification_id"] for line in self.mail if line["act"].startswith("accepted"))

    @cached_property
    def handed_over(self) -> Counter[str]:
        """How often each letter has come to the provider, whatever it did with it."""
        return Counter(line["notification_id"] for line in self.mail)

    @cached_property
    def resent(self) -> Counter[str]:
        """How often staff may have had each message sent again."""
        return Counter(call["message_id"] for call in self.calls if call["kind"] == "send_again" and call["outcome"] != "refused")

    @cached_property
    def faults(self) -> list[Line]:
        """What the killer did."""
        return self.lines("faults")

    @cached_property
    def lost(self) -> list[tuple[str, float, float]]:
        """Services whose store was put back to what it had been, and from when to when it worked in vain."""
        copied, found = dict[str, float](), list[tuple[str, float, float]]()
        for fault in self.faults:
            if fault["fault"] == "backup":
                copied[fault["target"]] = fault["at"]
            elif fault["fault"] == "restore":
                found.append((fault["target"], copied[fault["target"]], fault["at"]))
        return found

    def is_lost(self, service: str, at: float) -> bool:
        """Whether what a service did then is not in its store any more."""
        return any(service == one and since <= at <= until for one, since, until in self.lost)

    @cached_property
    def looks(self) -> list[Line]:
        """What the witness saw."""
        return self.lines("looks")

    def said(self, replica: str) -> list[tuple[float, str]]:
        """Moment and event of each line that a replica has logged; libraries write lines of their own, which are not JSON."""
        if replica not in self._said:
            path = self.folder / "output" / f"{replica}.log"
            lines = path.read_bytes().splitlines() if path.exists() else []
            self._said[replica] = [line for text in lines if (line := logged_line(text)) is not None]
        return self._said[replica]

    @cached_property
    def _said(self) -> dict[str, list[tuple[float, str]]]:
        return {}

    @cached_property
    def poison(self) -> dict[Place, Line]:
        """What was put straight into the log."""
        return {(line["topic"], line["partition"], line["offset"]): line for line in self.lines("poison")}

    def hears(self, poison: Line) -> frozenset[str]:
        """The services in which a poisoned record is to be found afterwards."""
        named = poison.get("group")
        if named is None:
            return frozenset(service for service, topics in self.about["topics"].items() if poison["topic"] in topics)
        return frozenset([named] if isinstance(named, str) else named)

    @cached_property
    def log(self) -> Log:
        """The whole log."""
        return read_log(self.folder / "log.jsonl", frozenset(self.poison), self.archive)

    @cached_property
    def archive(self) -> dict[str, int]:
        """When each event was sent for the first time, by whoever read the log while it was written; nothing without a power cut."""
        found: dict[str, int] = {}
        for line in self.lines("archive"):
            found.setdefault(line["id"], line["timestamp"])
        return found

    def events(self, *topics: str) -> Iterator[Told]:
        """The distinct events of some topics."""
        return (one for topic in topics for one in self._by_topic.get(topic, ()))

    @cached_property
    def _by_topic(self) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {}
        for one in self.log.first.values():
            found.setdefault(one.topic, []).append(one)
        return found

    def store(self, service: str) -> StoreCopy:
        """The copy of a service's store."""
        if service not in self._stores:
            lines = self.folder / "stores" / f"{service}.jsonl"
            self._stores[service] = StoreCopy(lines if lines.exists() else lines.with_suffix(".sqlite"))
        return self._stores[service]

    @cached_property
    def _stores(self) -> dict[str, StoreCopy]:
        return {}

    @cached_property
    def lanes(self) -> list[tuple[str, Document]]:
        """Every lane that was ever parked, with the service that parked it."""
        return [(service, lane) for service in SERVICES for lane in self.store(service).of("lanes").values()]

    @cached_property
    def held(self) -> frozenset[str]:
        """Keys of which something waits in a parked lane: what is to follow there has not followed."""
        return frozenset(
            lane["name"].rpartition("/")[2] for _, lane in self.lanes if lane["state"] == "parked" and lane["kind"] != "quarantine"
        )

    @cached_property
    def stopped(self) -> frozenset[str]:
        """Keys of which a lane was ever parked: what followed there may have been redriven in another trace."""
        return frozenset(lane["name"].rpartition("/")[2] for _, lane in self.lanes if lane["kind"] != "quarantine")

    @cached_property
    def skew(self) -> float:
        """Seconds by which the clocks of two processes may have differed."""
        shifts = [abs(float(fault.get("seconds") or 0)) for fault in self.faults if fault["fault"] == "clock_shift"]
        apart = [fault for fault in self.faults if fault["fault"] == "clock_shift" and fault.get("target") not in {None, "all"}]
        return 2 * max(shifts) if apart else 0.0


def logged_line(text: bytes) -> tuple[float, str] | None:
    """Moment and event of a line of a service's log."""
    try:
        line = orjson.loads(text)
        return datetime.fromisoformat(line["timestamp"]).timestamp(), str(line["event"])
    except (ValueError, KeyError, TypeError):
        return None
