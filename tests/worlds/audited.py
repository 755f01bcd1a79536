"""A small platform to be audited: a log of made-up events, and what each service says, which agrees with it until it is spoiled."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
from aiokafka import TopicPartition
from chassis import FakeRecord

from auditor.asking import Asking
from auditor.audit import Auditor
from auditor.fold import Fold
from auditor.kafka import Standing
from auditor.reach import SERVICES
from auditor.telling import Outcome
from auditor.web import Services

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
GRACE, RETRIED = timedelta(minutes=2), timedelta(hours=8)
Told = tuple[str, str, int, dict[str, Any]]  # topic, subject, sequence, data

ITEM = {"appointmentId": "a1", "deskId": "desk.1", "startsAt": "2026-12-03T09:00:00+00:00", "endsAt": "2026-12-03T09:30:00+00:00"}
PLAN = {"caseId": "c1", "visitId": "v1", "revision": 1, "day": "2026-12-03", "items": [ITEM]}
LETTER = {"messageId": "m1", "caseId": "c1", "notBefore": "2026-12-01T10:00:00Z", "expiresAt": "2026-12-08T11:00:00Z"}
SCREENED = {"caseId": "c1", "outcome": "accepted", "route": "desk", "formalities": [1]}
WELL: list[Told] = [
    ("case.created", "c1", 1, {"caseId": "c1"}),
    ("case.screened", "c1", 1, SCREENED),
    ("visit.confirmed", "v1", 1, PLAN),
    ("notification.requested", "m1", 1, LETTER),
    ("notification.sent", "m1", 1, {"messageId": "m1", "caseId": "c1"}),
]


def record(told: Told, offset: int = 0, time: datetime = LONG_AGO, name: str = "") -> FakeRecord:
    """An event as Kafka gives it; `name` makes it another event than its number says."""
    topic, subject, sequence, data = told
    headers = {
        "ce_id": f"{topic}{subject}{sequence}{name}",
        "ce_subject": subject,
        "ce_sequence": str(sequence),
        "ce_time": time.isoformat(),
    }
    wire = tuple((key, value.encode()) for key, value in headers.items())
    return FakeRecord(topic, 0, offset, subject.encode(), json.dumps(data).encode(), wire, int(time.timestamp() * 1000))


def folded(*events: Told) -> Fold:
    fold = Fold()
    for offset, told in enumerate(events):
        fold.take(told[0], record(told, offset))
    return fold


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class FakeKafka:
    """A log in a list, and groups that have read all of it."""

    records: list[FakeRecord] = field(default_factory=list)
    later: list[FakeRecord] = field(default_factory=list)
    """Comes while the services are asked."""
    standing: dict[str, list[Standing]] = field(default_factory=dict)
    """Of groups that are otherwise than well, at one look after the other."""
    away: Exception | None = None

    @asynccontextmanager
    async def log(self) -> AsyncIterator["FakeKafka"]:
        if self.away:
            raise self.away
        self._unread = [self.records, self.later]
        yield self

    async def into(self, fold: Fold) -> None:
        for one in self._unread.pop(0):
            fold.take(one.topic, one)

    async def standings(self) -> dict[str, Standing]:
        if self.away:
            raise self.away
        well = {name: stands(len(self.records), len(self.records)) for name in SERVICES}
        return well | {name: looks.pop(0) if len(looks) > 1 else looks[0] for name, looks in self.standing.items()}


def stands(read: int, end: int, members: int = 1) -> Standing:
    place = TopicPartition("case.created", 0)
    return Standing({place: read}, {place: end}, members)


@dataclass
class AuditedPlatform:
    """What everybody says; `log` is what was told, and the services agree with it."""

    kafka: FakeKafka = field(default_factory=FakeKafka)
    cases: dict[str, datetime] = field(default_factory=dict)
    timelines: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    days: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    gauges: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    complete: bool = True
    broken: dict[str, httpx.Response] = field(default_factory=dict)
    """What is answered instead, by service and the beginning of a path."""
    asked: list[httpx.Request] = field(default_factory=list)

    def tell(self, *events: Told, time: datetime = LONG_AGO, name: str = "", believed: bool = True) -> None:
        """Events in the log; those that are not believed are in no store."""
        for told in events:
            self.kafka.records.append(record(told, len(self.kafka.records), time, name))
            if believed:
                self._believe(told, time)

    def _believe(self, told: Told, time: datetime) -> None:
        topic, _, _, data = told
        self.timelines[data["caseId"]] += 1
        if topic == "case.created":
            self.cases[data["caseId"]] = time
        if topic == "visit.confirmed":
            for item in data["items"]:
                self.days[item["deskId"], data["day"]].append(item | {"caseId": data["caseId"], "state": "booked"})

    async def look(self, grace: timedelta = GRACE) -> Outcome:
        return await self.auditor(grace).look()

    def auditor(self, grace: timedelta = GRACE) -> Auditor:
        transports = {name: httpx.MockTransport(partial(self._answer, name)) for name in SERVICES}
        services = Services(
            {name: f"http://{name}" for name in SERVICES},
            {name: f"http://{name}:9464/metrics" for name in SERVICES},
            lambda: "a-token",
            transports,
        )
        return Auditor(Asking(self.kafka, services, pause=lambda _: asyncio.sleep(0)), StandingClock(), lambda: RETRIED, grace)

    async def found(self) -> dict[str, list[str]]:
        """The findings of a look at which everybody answers."""
        outcome = await self.look()
        assert outcome.silent == []
        return {name: verdict.findings for name, verdict in outcome.verdicts.items() if verdict.findings}

    def _answer(self, service: str, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path, query = request.url.path, request.url.params
        for start, instead in self.broken.items():
            if f"{service}{path}".startswith(start):
                return instead
        if path == "/metrics":
            return httpx.Response(200, text=self.gauges.get(service, WELL_GAUGES))
        found = self._content(service, path, query)
        return httpx.Response(404 if found is None else 200, json=found)

    def _content(self, service: str, path: str, query: httpx.QueryParams) -> Any:
        part = path.split("/")
        if path == "/v1/lanes":
            size = int(query["limit"])
            return self.lanes[service][(int(query["page"]) - 1) * size :][:size]
        if path == "/v1/cases":
            size, page = int(query["pageSize"]), int(query["page"])
            listed = [{"id": id_, "receivedAt": at.isoformat()} for id_, at in self.cases.items()]
            return {"cases": listed[(page - 1) * size :][:size], "total": len(listed)}
        if part[2] == "cases":
            return {"items": [{}] * self.timelines[part[3]]} if part[3] in self.timelines else None
        if part[2] == "desks":
            return {"appointments": self.days[part[3], query["date"]]}
        figure = {"completeness": {"complete": self.complete, "recordsBehind": 0}}
        return {"items": [{"key": "K1"}]} if path == "/v1/indicators" else figure


WELL_GAUGES = """\
loket_parked_lanes 0.0
loket_breaker_open 0.0
loket_kafka_connected 1.0
loket_lag_records{topic="case.created"} 0.0
"""


def parked(kind: str = "messages", since: datetime = LONG_AGO) -> dict[str, Any]:
    return {"kind": kind, "parkedAt": since.isoformat()}
