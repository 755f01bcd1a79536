"""The gateway and the status address over HTTP, with the whole chassis but Kafka."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from common.kept import ParkedRecord
from common.lanes import Kind, Park
from common.overload import Cause, Wait
from intake.domain.case import Case

from .bench import CONTACT, QUESTION, event, person, signed


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

    answer = await desk.hand_in(
        [event(fast_track(), "1"), event(fast_track(language="nl"), "2")], {"content-type": "application/cloudevents-batch+json"}
    )

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

    likely = signed(b"", "1")
    streamed = await desk.client.post("/v1/events", content=endless(), headers=likely)
    announced = await desk.client.post("/v1/events", content=b" " * 20_001, headers=likely)
    claimed = await desk.client.post("/v1/events", content=b"", headers={"content-length": "9" * 30, **likely})

    assert (streamed.status_code, announced.status_code, claimed.status_code) == (413, 413, 413)
    assert sent <= 22


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"loket-partner": "nobody"}, "signature"),
        ({"webhook-id": ""}, "signature"),
        ({"webhook-signature": "v2,AAAA"}, "signature"),
        ({"webhook-timestamp": "1"}, "stale"),
    ],
)
async def test_nothing_is_read_of_whom_the_headers_do_not_show_to_be_a_partner(desk, change, reason):
    read = 0

    async def body():
        nonlocal read
        read += 1
        yield b"{}"

    answer = await desk.client.post("/v1/events", content=body(), headers=signed(b"{}", "1") | change)

    assert (answer.status_code, read) == (401, 0)
    assert desk.service.context.log.lines[0][1]["reason"] == reason


async def test_when_the_outbox_is_too_far_behind_partners_are_asked_to_come_back(desk, fast_track):
    desk.service.context.overloaded = lambda _submitter: Wait(timedelta(seconds=10), Cause.BEHIND)

    answer = await desk.hand_in(event(fast_track()))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert await stored(desk) == []


async def test_a_partner_whose_submissions_are_parked_comes_back_later_and_others_do_not(desk, fast_track):
    for number in range(desk.service.context.settings.breaker_lanes_per_minute):
        record = ParkedRecord(topic="ScreenCase", partition=-1, offset=1)
        lane = Park(name=f"cases/{number}", kind=Kind.STEPS, record=record, error="Bug", submitter="university")
        await desk.service.parking._stop(lane, KeyError())

    theirs = await desk.hand_in(event(fast_track(), partner="university"), partner="university")
    ours = await desk.hand_in(event(fast_track()))

    assert (theirs.status_code, int(theirs.headers["retry-after"]) >= 300) == (429, True)
    assert ours.status_code == 202
    assert not desk.service.breaker.open


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
    made = {**CONTACT, "service": "gip_maastricht"}
    registered = await desk.hand_in(event(made, "1", "contact-registered", "gip-maastricht"), partner="gip-maastricht")
    answered = await desk.hand_in(event(QUESTION, "2", "question-asked", "gip-maastricht"), partner="gip-maastricht")
    reused = await desk.hand_in(event(QUESTION, "1", "question-asked", "gip-maastricht"), partner="gip-maastricht")

    assert (await desk.submission(registered.json()["id"], partner="gip-maastricht")).json()["status"] == "registered"
    closed = (await desk.submission(answered.json()["id"], partner="gip-maastricht")).json()
    assert (closed["status"], closed["result"]) == ("completed", "answered")
    assert reused.status_code == 409


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
