"""Submissions as partners make and sign them, and what the scenes of intake are played on."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from common.events.case import CaseStatusChanged
from common.testing.issuer import Badge
from common.testing.stage import Stage, StoppedClock
from intake.app import COMMANDS
from intake.domain.case import Case
from intake.gateway.refusal import Refused
from intake.gateway.signature import sign
from intake.ports import Ports

REGION = Path(__file__).parents[2] / "regions" / "south-limburg" / "intake"


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


KEY = b"0123456789abcdef0123456789abcdef"


COMMAND = {on.message: on for on in COMMANDS}


Data = dict[str, Any]


class Scene(NamedTuple):
    """The stage, and what stands on it."""

    stage: Stage[Ports]
    ports: Ports
    clock: StoppedClock

    async def ask(self, command: Any) -> Any:
        return await self.stage.ask(COMMAND[type(command)], command)

    async def case(self, case_id: UUID) -> Case:
        case = await self.ports.cases.get(case_id)
        assert case is not None
        return case

    def statuses(self) -> list[str]:
        return [event.to_status for event in self.stage.heard_of(CaseStatusChanged)]


def person(
    number: int = 1, group: str = "other", documents: tuple[str, ...] = ("passport", "ind_approval", "tenancy"), language: str = "en"
) -> Data:
    return {"number": number, "nationalityGroup": group, "language": language, "documents": list(documents)}


SOURCES = {
    "shared-service-centre": "urn:nld:oin:00000000000000000101:systeem:mobility",
    "university": "urn:nld:oin:00000000000000000104:systeem:student-administration",
    "municipality-portal": "urn:nld:oin:00000000000000000105:systeem:portal",
    "gip-maastricht": "urn:nld:oin:00000000000000000107:systeem:counter",
    "expat-centre": "urn:nld:oin:00000000000000000109:systeem:counter",
}


def signed(body: bytes, id_: str, partner: str = "shared-service-centre", at: datetime = NOW, key: bytes = KEY) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "loket-partner": partner,
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + sign(key, id_, timestamp, body).decode(),
    }


def event(data: Any, id_: str = "1", type_: str = "case-submitted", partner: str = "shared-service-centre", **attributes: Any) -> Data:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCES[partner],
        "type": f"nl.arbeidsmarktdiensten.{type_}.v1",
        "time": "2026-11-23T09:00:00Z",
        "data": data,
        **attributes,
    }


STRUCTURED = {"content-type": "application/cloudevents+json"}


BATCH = {"content-type": "application/cloudevents-batch+json"}


QUESTION = {
    "caseType": "cross_border_question_nl_be",
    "service": "gip_maastricht",
    "theme": "taxes",
    "language": "nl",
    "channel": "phone",
    "initiatorRole": "client",
    "countryOfResidence": "be",
    "countryOfWork": "nl",
    "nationalityGroup": "eu_eea_ch",
    "firstLine": True,
    "responseMinutes": 12,
    "occurredAt": "2026-11-23T10:00:00+01:00",
}


CONTACT = {
    "service": "ecmr",
    "channel": "counter",
    "direction": "two_way",
    "themes": ["registration"],
    "language": "en",
    "succeeded": True,
    "occurredAt": "2026-11-23T10:00:00+01:00",
}


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def admit(gate, content, headers=STRUCTURED, partner="shared-service-centre", id_=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    signed_id = id_ or (content.get("id") if isinstance(content, dict) else None) or "1"
    return gate.admit({**headers, **signed(body, str(signed_id), partner)}, body)


def refusal(gate, content, headers=STRUCTURED, partner="shared-service-centre", id_=None) -> Refused:
    with pytest.raises(Refused) as refused:
        admit(gate, content, headers, partner, id_)
    return refused.value


def pointers(refused: Refused) -> list[str]:
    return [pointer for pointer, _ in refused.faults]


class Lines:
    """Stands in for the log: keeps its lines."""

    def __init__(self):
        self.lines = []

    def warning(self, event, **keys):
        self.lines.append((event, keys))

    debug = info = error = warning


class Desk:
    """A client of the service, as partner and as case worker."""

    def __init__(self, service, client):
        self.service, self.client = service, client

    async def hand_in(self, content, headers=STRUCTURED, partner="shared-service-centre", id_=None):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        id_ = id_ or (content["id"] if isinstance(content, dict) else "batch-1")
        answer = await self.client.post("/v1/events", content=body, headers={**headers, **signed(body, id_, partner)})
        await self.settle()
        return answer

    async def submission(self, id_, partner="shared-service-centre", signed_id=None, **query):
        return await self.client.get(f"/v1/submissions/{id_}", headers=signed(b"", signed_id or id_, partner), params=query)

    async def settle(self):
        while not self.service.relay.idle():
            await asyncio.sleep(0)

    async def worker(self, method, path, body=None, limits=None, **query):
        badge = Badge(self.service.clock, "case-worker", **(limits or {}))
        answer = await self.client.request(method, path, json=body, params=query, auth=badge)
        await self.settle()
        return answer
