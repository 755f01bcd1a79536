"""A case worker's bench: the region pack, a stage for the handlers, and submissions as partners sign them."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from common.store.port import Collection
from common.testing.memory import MemoryStore
from common.testing.stage import Stage, StoppedClock
from intake.app import COMMANDS, STEPS, SUBSCRIBES
from intake.domain.case import Case
from intake.domain.contact import Contact
from intake.domain.messages import SubmitCase
from intake.domain.region import Region
from intake.domain.submission import CaseSubmitted
from intake.gateway.admission import submission_id
from intake.gateway.signature import sign
from intake.ports import Ports
from intake.region_pack import read_region
from intake.store import StoredCases

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
        from common.events.case import CaseStatusChanged

        return [event.to_status for event in self.stage.heard_of(CaseStatusChanged)]


@pytest.fixture(scope="session")
def region() -> Region:
    return read_region(REGION)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOW)


@pytest.fixture
def scene(region: Region, clock: StoppedClock) -> Scene:
    store = MemoryStore()
    ports = Ports(cases=StoredCases(store, Case), contacts=Collection(store, Contact), region=region, clock=clock)
    return Scene(Stage(ports, store, clock, SUBSCRIBES, STEPS), ports, clock)


def person(number: int = 1, group: str = "other", documents: tuple[str, ...] = ("passport", "ind_approval", "tenancy"), language: str = "en") -> Data:
    return {"number": number, "nationalityGroup": group, "language": language, "documents": list(documents)}


@pytest.fixture
def fast_track() -> Callable[..., Data]:
    """A right submission: a knowledge worker from outside the EU, with registration, consultation and biometrics."""

    def make(**changes: Any) -> Data:
        data: Data = {
            "caseType": "fast_track_non_eu",
            "purpose": "highly_skilled_migrant",
            "municipalityCode": "GM0935",
            "language": "en",
            "channel": "api",
            "initiatorRole": "employer",
            "contact": {"name": "A. Example", "email": "a.example@example.org"},
            "persons": [person()],
            "formalities": [
                {"product": "brp_first_registration", "persons": [1]},
                {"product": "settling_consultation", "persons": [1]},
                {"product": "biometrics", "persons": [1]},
            ],
        }
        return {**data, **changes}

    return make


@pytest.fixture
def submit(fast_track: Callable[..., Data]) -> Callable[..., SubmitCase]:
    """The command that the gateway makes of a submission."""

    def make(partner: str = "shared-service-centre", organisation: str | None = "shared-service-centre", id_: str = "1", **changes: Any) -> SubmitCase:
        data = CaseSubmitted.model_validate_json(json.dumps(fast_track(**changes)))
        return SubmitCase(id=submission_id(partner, "urn:x", id_), partner_id=partner, fingerprint="f" + json.dumps(changes), organisation_id=organisation, handed_in=data)

    return make


SOURCES = {
    "shared-service-centre": "urn:nld:oin:00000000000000000101:systeem:mobility",
    "university": "urn:nld:oin:00000000000000000104:systeem:student-administration",
    "municipality-portal": "urn:nld:oin:00000000000000000105:systeem:portal",
    "gip-maastricht": "urn:nld:oin:00000000000000000107:systeem:counter",
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


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of partners' secrets, the same one for all."""
    folder = tmp_path_factory.mktemp("partners")
    for partner in SOURCES:
        (folder / partner).write_text("whsec_" + b64encode(KEY).decode() + "\n")
    return folder
