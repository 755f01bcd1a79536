"""Partners at intake's gateway: signed submissions, repeated until there is an answer, sometimes after it, and sometimes altered."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from common.errors import Conflict, Unavailable
from intake.domain.region import Rate
from intake.gateway.admission import Gate
from intake.gateway.limits import Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication, sign
from simulation.replica import NoAnswer, SimulatedService

if TYPE_CHECKING:
    from simulation.world import World

EDGE = 99
"""The number of the submission that is refused."""
KEY = b"0123456789abcdef0123456789abcdef"
Data = dict[str, Any]


class OneKey:
    """Every partner signs with the same secret here."""

    def of(self, _partner: str) -> tuple[bytes, ...]:
        return (KEY,)


class Counter:
    """Where partners come; the gate is the product's own."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._draw = world.chance.of("partners")

    async def hand_in(self, number: int) -> None:
        """One household's request, from the first try to the last repetition."""
        draw = self._draw
        partner, data = _request(draw.choice(KINDS), draw.randint(1, 3), draw.choice(("nl", "en", "fr")))
        body = _event(partner, f"submission-{number}", data)
        await asyncio.sleep(draw.uniform(1.0, 30.0))
        tries = 2 if draw.random() < 0.3 else 1
        await asyncio.gather(*(self._until_taken(partner, number, body) for _ in range(tries)))
        if draw.random() < 0.3:
            await asyncio.sleep(draw.uniform(0.1, 20.0))
            await self._until_taken(partner, number, body)
        if draw.random() < 0.2:
            await self._until_taken(partner, number, _event(partner, f"submission-{number}", data | {"language": "de"}))

    async def hand_in_at_an_edge(self) -> None:
        """A day on which nobody can come: refused with its place, and asked no more."""
        draw = self._world.chance.of("edges")
        await asyncio.sleep(draw.uniform(1.0, 30.0))
        partner, data = _request("registration", 1, "nl")
        data |= {draw.choice(("arrivesOn", "notBefore")): draw.choice(("0001-01-01", "9999-12-31"))}
        await self._until_taken(partner, EDGE, _event(partner, f"submission-{EDGE}", data))

    async def _until_taken(self, partner: str, number: int, body: bytes) -> None:
        for _ in range(100):
            place = self._draw.choice(self._world.of("intake"))
            try:
                await place.call(lambda running: self._take(running, partner, number, body))
            except (NoAnswer, Unavailable, Refused) as error:
                if isinstance(error, Refused) and error.status == 400:
                    return
                await asyncio.sleep(self._draw.uniform(0.5, 3.0))
            except Conflict:
                return
            else:
                return

    async def _take(self, running: SimulatedService, partner: str, number: int, body: bytes) -> None:
        """What the route of partners does, without HTTP."""
        world, now = self._world, running.clock.now()
        id_, timestamp = f"submission-{number}", str(int(now.timestamp()))
        headers = {"loket-partner": partner, "webhook-id": id_, "webhook-timestamp": timestamp, **STRUCTURED}
        headers["webhook-signature"] = "v1," + sign(KEY, id_, timestamp, body).decode()
        command = self._gate(running).admit(headers, body).commands[0]
        world.ledger.offered.add(command.id)
        await running.context.ask(command)
        earlier = world.ledger.promised.setdefault(command.id, command.fingerprint)
        world.history.note(running._process.name, "answers 202" if earlier == command.fingerprint else "answers 202 TWICE", str(command.id))
        if earlier != command.fingerprint:
            world.ledger.disorder.append((str(command.id), "two submissions with one id were both taken"))

    def _gate(self, running: SimulatedService) -> Gate:
        gate: Gate | None = running.context.extras.get("gate")
        if gate is None:
            region = running.ports.region
            pace = Pace({partner.id: partner for partner in region.partners}, Rate(per_second=500, burst=2000), self._world.loop.time)
            authentication = Authentication(OneKey(), running.clock, timedelta(seconds=300))
            gate = running.context.extras["gate"] = Gate(region, authentication, pace, running.clock, 100)
        return gate


STRUCTURED: Mapping[str, str] = {"content-type": "application/cloudevents+json"}
SOURCES = {
    "shared-service-centre": "urn:nld:oin:00000000000000000101:systeem:mobility",
    "immigration-portal": "urn:nld:oin:00000000000000000106:systeem:portal",
    "gip-maastricht": "urn:nld:oin:00000000000000000107:systeem:counter",
    "expat-centre": "urn:nld:oin:00000000000000000109:systeem:counter",
    "university": "urn:nld:oin:00000000000000000104:systeem:student-administration",
    "municipality-portal": "urn:nld:oin:00000000000000000105:systeem:portal",
}
KINDS = ("registration", "registration", "fast_track", "fast_track", "papers_missing", "referred")


def _event(partner: str, id_: str, data: Data) -> bytes:
    type_ = "nl.arbeidsmarktdiensten.case-submitted.v1"
    return json.dumps({"specversion": "1.0", "id": id_, "source": SOURCES[partner], "type": type_, "data": data}).encode()


def _request(kind: str, persons: int, language: str) -> tuple[str, Data]:
    numbers = list(range(1, persons + 1))
    if kind == "fast_track":
        products = ("brp_first_registration", "settling_consultation", "biometrics")
        data = _household("fast_track_non_eu", "highly_skilled_migrant", numbers, language, products)
        return "shared-service-centre", data | {"channel": "api", "initiatorRole": "employer"}
    case_type = "rni_registration" if kind == "referred" else "brp_first_registration"
    data = _household(case_type, "eu_work", numbers, language, (case_type,))
    if kind == "papers_missing":
        data["persons"][0]["documents"] = []
    return "municipality-portal", data | {"stayMonths": 24}


def _household(case_type: str, purpose: str, numbers: list[int], language: str, products: tuple[str, ...]) -> Data:
    group, papers = ("other", ["passport", "ind_approval", "tenancy"]) if "non_eu" in case_type else ("eu_eea_ch", ["passport", "tenancy"])
    return {
        "caseType": case_type,
        "purpose": purpose,
        "municipalityCode": "GM0935",
        "language": language,
        "channel": "web",
        "initiatorRole": "client",
        "contact": {"name": "A. Example", "email": "a.example@example.org"},
        "persons": [{"number": n, "nationalityGroup": group, "language": language, "documents": papers} for n in numbers],
        "formalities": [{"product": product, "persons": numbers} for product in products],
    }
