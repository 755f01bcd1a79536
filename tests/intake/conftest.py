"""A case worker's bench: the region pack, a stage for the handlers, the gate, and the service over HTTP."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.store.port import Collection
from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import Stage, StoppedClock
from intake.app import STEPS, SUBSCRIBES, build
from intake.domain.case import Case
from intake.domain.contact import Contact
from intake.domain.messages import SubmitCase
from intake.domain.region import Rate, Region
from intake.domain.submission import CaseSubmitted
from intake.gateway.admission import Gate, submission_id
from intake.gateway.limits import Pace
from intake.gateway.signature import Authentication, KeyFiles
from intake.ports import Ports
from intake.region_pack import read_region
from intake.settings import Settings
from intake.store import StoredCases

from .bench import KEY, NOW, REGION, SOURCES, Data, Desk, Lines, Scene, Time, person


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

    def make(
        partner: str = "shared-service-centre", organisation: str | None = "shared-service-centre", id_: str = "1", **changes: Any
    ) -> SubmitCase:
        data = CaseSubmitted.model_validate_json(json.dumps(fast_track(**changes)))
        return SubmitCase(
            id=submission_id(partner, "urn:x", id_),
            partner_id=partner,
            fingerprint="f" + json.dumps(changes),
            organisation_id=organisation,
            handed_in=data,
        )

    return make


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of partners' secrets, the same one for all."""
    folder = tmp_path_factory.mktemp("partners")
    for partner in SOURCES:
        (folder / partner).write_text("whsec_" + b64encode(KEY).decode() + "\n")
    return folder


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def gate(region, clock, secrets, time):
    partners = {partner.id: partner for partner in region.partners}
    authentication = Authentication(KeyFiles(secrets, partners, time), clock, timedelta(seconds=300))
    return Gate(region, authentication, Pace(partners, Rate(per_second=10, burst=20), time), clock, 100)


@pytest.fixture(scope="module")
def blueprint(secrets):
    return build(Settings(region_path=REGION.parent, **issuer_settings(), partner_secrets_path=secrets, body_limit_bytes=20_000))


@pytest.fixture
async def desk(blueprint, clock):
    service, listening = offline(blueprint, MemoryStore(), clock)
    service.told = listening.records
    service.context.log = Lines()
    await service.relay.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://intake") as client:
        yield Desk(service, client)
    await service.relay.stop()
