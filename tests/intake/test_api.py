"""Intake over HTTP: the gateway, the status address and the routes of staff, with the whole chassis but Kafka."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from common.testing.memory import MemoryStore
from common.testing.service import offline
from intake.app import build
from intake.domain.case import Case
from intake.settings import Settings

from .conftest import KEY, REGION, event, person, signed

STAFF = {"authorization": "Bearer staff-secret-for-tests"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


class Lines:
    """Stands in for the log: keeps its lines."""

    def __init__(self):
        self.lines = []

    def warning(self, event, **keys):
        self.lines.append((event, keys))

    debug = info = error = warning


class Desk:
    """A client of the service, as partner and as staff."""

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

    async def staff(self, method, path, body=None, **query):
        answer = await self.client.request(method, path, json=body, params=query, headers=STAFF)
        await self.settle()
        return answer


@pytest.fixture(scope="module")
def blueprint(secrets):
    return build(Settings(region_path=REGION.parent, staff_secret="staff-secret-for-tests", partner_secrets_path=secrets, body_limit_bytes=20_000))


@pytest.fixture
async def desk(blueprint, clock):
    service, listening = offline(blueprint, MemoryStore(), clock)
    service.told = listening.records
    service.context.log = Lines()
    await service.relay.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://intake") as client:
        yield Desk(service, client)
    await service.relay.stop()


async def stored(desk):
    return await desk.service.store.find(Case, {})


async def test_a_submission_is_stored_screened_and_can_be_followed(desk, fast_track):
    accepted = await desk.hand_in(event(fast_track()))

    assert accepted.status_code == 202
    assert accepted.headers["location"] == accepted.json()["statusAddress"] == f"/v1/submissions/{accepted.json()['id']}"
    followed = (await desk.submission(accepted.json()["id"])).json()
    assert (followed["kind"], followed["status"]) == ("case", "accepted")
    assert followed["reasons"][0] == {"code": "recognised_sponsor", "text": "The employer is a recognised sponsor."}


async def test_the_status_speaks_four_languages(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    assert (await desk.submission(id_, language="de")).json()["reasons"][0]["text"] == "Der Arbeitgeber ist anerkannter Referent."


async def test_the_same_bytes_get_the_same_answer_and_other_bytes_get_409(desk, fast_track):
    first = await desk.hand_in(event(fast_track()))
    again = await desk.hand_in(event(fast_track()))
    other = await desk.hand_in(event(fast_track(language="nl")))

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert len(await stored(desk)) == 1


async def test_at_the_same_time_too_the_same_bytes_make_one_case(desk, fast_track):
    answers = await asyncio.gather(*(desk.hand_in(event(fast_track())) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {202}
    assert len(await stored(desk)) == 1


async def test_a_batch_is_answered_item_by_item(desk, fast_track):
    await desk.hand_in(event(fast_track(), "2"))

    answer = await desk.hand_in([event(fast_track(), "1"), event(fast_track(language="nl"), "2")], {"content-type": "application/cloudevents-batch+json"})

    assert answer.status_code == 202
    assert [item["status"] for item in answer.json()] == [202, 409]
    assert len(await stored(desk)) == 2


async def test_nothing_of_a_batch_with_a_fault_is_stored(desk, fast_track):
    answer = await desk.hand_in([event(fast_track(), "1"), event({}, "2")], {"content-type": "application/cloudevents-batch+json"})

    assert answer.status_code == 400
    assert {error["pointer"].split("/")[1] for error in answer.json()["errors"]} == {"1"}
    assert await stored(desk) == []


async def test_a_refusal_is_one_line_without_content(desk, fast_track):
    await desk.hand_in(event(fast_track(contact={"name": "CANARY", "email": "CANARY"})))

    assert desk.service.context.log.lines == [("refused", {"partner": "shared-service-centre", "status": 400, "reason": "faults"})]


async def test_a_stranger_is_not_named_in_the_log(desk, fast_track):
    await desk.client.post("/v1/events", content=b"{}", headers={"loket-partner": "CANARY"})

    assert desk.service.context.log.lines == [("refused", {"partner": "unknown", "status": 401, "reason": "signature"})]


async def test_a_body_that_is_too_large_is_not_read_to_its_end(desk):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 1000

    streamed = await desk.client.post("/v1/events", content=endless())
    announced = await desk.client.post("/v1/events", content=b" " * 20_001)
    claimed = await desk.client.post("/v1/events", content=b"", headers={"content-length": "9" * 30})

    assert (streamed.status_code, announced.status_code, claimed.status_code) == (413, 413, 413)
    assert sent <= 22


async def test_when_the_outbox_is_too_far_behind_partners_are_asked_to_come_back(desk, fast_track):
    desk.service.context.overloaded = lambda: timedelta(seconds=10)

    answer = await desk.hand_in(event(fast_track()))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert await stored(desk) == []


async def test_a_status_is_only_for_the_partner_that_handed_in(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    foreign = await desk.submission(id_, partner="university")
    absent = await desk.submission(str(uuid4()))

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["detail"] == absent.json()["detail"]


async def test_a_status_is_not_for_whoever_signs_for_another_id_or_not_at_all(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    assert (await desk.submission(id_, signed_id=str(uuid4()))).status_code == 401
    assert (await desk.client.get(f"/v1/submissions/{id_}")).status_code == 401
    assert (await desk.client.get(f"/v1/submissions/{id_}", headers=signed(b"", id_, key=b"x" * 32))).status_code == 401


async def test_a_contact_and_a_question_can_be_followed(desk):
    contact = {"service": "gip_maastricht", "channel": "phone", "direction": "in", "themes": ["taxes"], "language": "nl", "succeeded": True, "occurredAt": "2026-11-23T09:00:00Z"}
    question = {
        "caseType": "cross_border_question_nl_be", "service": "gip_maastricht", "theme": "taxes", "language": "nl", "channel": "phone", "initiatorRole": "client",
        "countryOfResidence": "be", "countryOfWork": "nl", "nationalityGroup": "eu_eea_ch", "firstLine": True, "responseMinutes": 5, "occurredAt": "2026-11-23T09:00:00Z",
    }  # fmt: skip

    registered = await desk.hand_in(event(contact, "1", "contact-registered", "gip-maastricht"), partner="gip-maastricht")
    answered = await desk.hand_in(event(question, "2", "question-asked", "gip-maastricht"), partner="gip-maastricht")
    reused = await desk.hand_in(event(question, "1", "question-asked", "gip-maastricht"), partner="gip-maastricht")

    assert (await desk.submission(registered.json()["id"], partner="gip-maastricht")).json()["status"] == "registered"
    closed = (await desk.submission(answered.json()["id"], partner="gip-maastricht")).json()
    assert (closed["status"], closed["result"]) == ("completed", "answered")
    assert reused.status_code == 409


async def test_staff_read_a_case_in_full_and_list_cases_by_page(desk, fast_track):
    ids = []
    for number in range(3):
        ids.append((await desk.hand_in(event(fast_track(), str(number)))).json()["id"])
        desk.service.clock.forward(timedelta(seconds=1))

    case = (await desk.staff("GET", f"/v1/cases/{ids[0]}")).json()
    first = (await desk.staff("GET", "/v1/cases", status="accepted", pageSize=2)).json()
    second = (await desk.staff("GET", "/v1/cases", page=2, pageSize=2)).json()
    none = (await desk.staff("GET", "/v1/cases", status="planned")).json()

    assert case["contact"] == {"name": "A. Example", "email": "a.example@example.org"}
    assert (case["route"], case["rule"], case["formalities"][2]["ready"]) == ("one_stop", "fast-track-non-eu", True)
    assert [one["id"] for one in first["cases"] + second["cases"]] == ids[::-1]
    assert (first["total"], none["total"]) == (3, 0)
    assert "contact" not in first["cases"][0]


async def test_staff_take_a_case_through_a_missing_document_to_a_number_and_a_decision(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track(persons=[person(documents=("passport", "acknowledgement_letter"))])))).json()["id"]
    waiting = (await desk.staff("GET", f"/v1/cases/{id_}")).json()
    assert (waiting["status"], waiting["informationDue"]) == ("information_requested", "2026-12-07")
    assert waiting["missing"] == [{"product": "brp_first_registration", "person": None, "anyOf": ["tenancy", "main_occupant_statement"]}]

    documents = await desk.staff("POST", f"/v1/cases/{id_}/documents", {"documents": [{"person": 1, "documentType": "tenancy"}]})
    decided = await desk.staff("POST", f"/v1/cases/{id_}/permit-decisions", {"person": 1, "appliedOn": "2026-11-02", "decidedOn": "2026-11-12", "granted": True})
    issued = await desk.staff("POST", f"/v1/cases/{id_}/bsn-issued", {"person": 1, "issuedOn": "2026-11-23"})

    assert (documents.status_code, decided.status_code, issued.status_code) == (200, 200, 200)
    case = (await desk.staff("GET", f"/v1/cases/{id_}")).json()
    assert (case["status"], case["missing"], case["bsnIssued"]) == ("accepted", [], {"1": "2026-11-23"})
    assert case["decisions"] == [{"person": 1, "appliedOn": "2026-11-02", "decidedOn": "2026-11-12", "granted": True}]


async def test_staff_withdraw_a_case(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    withdrawn = (await desk.staff("POST", f"/v1/cases/{id_}/withdraw", {"reasonCode": "client_request"})).json()

    assert (withdrawn["status"], withdrawn["result"], withdrawn["reasons"]) == (
        "withdrawn", "withdrawn", [{"code": "client_request", "text": "At the client's request."}],
    )  # fmt: skip


WRONG = [
    ("documents", {"documents": []}),
    ("documents", {"documents": [{"person": 1, "documentType": "diploma"}]}),
    ("documents", {"documents": [{"person": 9, "documentType": "passport"}]}),
    ("bsn-issued", {"person": 1, "issuedOn": "2026-11-23", "number": "123456782"}),
    ("bsn-issued", {"person": 1, "issuedOn": "2026-11-24"}),
    ("permit-decisions", {"person": 1, "appliedOn": "2026-11-12", "decidedOn": "2026-11-02", "granted": True}),
    ("permit-decisions", {"person": 1, "appliedOn": "2026-11-12", "decidedOn": "2026-11-12", "granted": "yes"}),
    ("withdraw", {"reasonCode": "because I say so"}),
]


async def test_what_staff_send_wrongly_is_refused(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    for path, body in WRONG:
        answer = await desk.staff("POST", f"/v1/cases/{id_}/{path}", body)

        assert (path, answer.status_code, answer.headers["content-type"]) == (path, 400, "application/problem+json")
        assert "123456782" not in answer.text


async def test_no_route_of_staff_is_open(desk):
    paths = [
        (method.upper(), path) for path, item in desk.service.app.openapi()["paths"].items() if path.startswith("/v1/cases") for method in item
    ]
    assert len(paths) == 6
    for method, path in paths:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {KEY.decode()}"}):
            answer = await desk.client.request(method, path.replace("{case_id}", str(uuid4())), headers=headers, json={})
            assert answer.status_code == 401


async def test_a_case_that_does_not_exist_is_not_found(desk):
    assert (await desk.staff("GET", f"/v1/cases/{uuid4()}")).status_code == 404
    assert (await desk.staff("POST", f"/v1/cases/{uuid4()}/withdraw", {})).status_code == 404


async def test_the_document_describes_the_gateway(desk):
    post = desk.service.app.openapi()["paths"]["/v1/events"]["post"]

    assert set(post["requestBody"]["content"]) == {"application/cloudevents+json", "application/cloudevents-batch+json", "application/json"}
    assert {"202", "400", "401", "403", "409", "413", "415", "429", "503"} <= set(post["responses"])
    assert "$ref" not in json.dumps(post["requestBody"])


async def test_canaries_in_personal_fields_reach_only_the_contact_topic(desk, fast_track):
    canary = {"name": "CANARY", "email": "canary@example.org"}

    await desk.hand_in(event(fast_track(contact=canary, persons=[{**person(), "contact": canary}])))

    assert len(desk.service.told) == 5
    assert ["party.contact-changed" in repr(record) for record in desk.service.told if "canary" in repr(record).lower()] == [True]
