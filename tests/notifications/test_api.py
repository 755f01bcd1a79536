"""What case workers see over HTTP: states, never words or addresses."""

from contextlib import asynccontextmanager

import httpx

from common.testing.issuer import Badge, issuer_settings
from common.testing.service import offline
from notifications.app import build
from notifications.domain import Delivery, Outcome, Template
from notifications.settings import Settings

NOBODY = {"authorization": ""}


@asynccontextmanager
async def calling(scene):
    settings = Settings(**issuer_settings(), region_path=scene.pack.parent, environment="test")
    service, _ = offline(build(settings), scene.store, scene.clock)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://loket", auth=Badge(scene.clock, "case-worker")
    ) as client:
        yield client


async def test_every_route_asks_who_is_there(scene):
    id_ = "0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e"
    async with calling(scene) as client:
        for path in ("messages?state=sent", f"messages/{id_}", "templates", "templates/case_closed/nl/preview"):
            assert (await client.get(f"/v1/{path}", headers=NOBODY)).status_code == 401
        assert (await client.post(f"/v1/messages/{id_}/send-again", headers=NOBODY)).status_code == 401


async def test_the_messages_of_a_case_are_listed_without_words_or_address(reachable):
    await reachable.hear(reachable.created(), reachable.confirmed())

    async with calling(reachable) as client:
        answer = await client.get("/v1/messages", params={"case": str(reachable.case), "pageSize": 2})

    page = answer.json()
    assert (page["total"], page["page"], page["pageSize"], len(page["items"])) == (3, 1, 2, 2)
    assert {"messageId", "state", "template", "attempt", "locale", "reasonCode", "notBefore"} <= set(page["items"][0])
    assert "example.org" not in answer.text
    assert "A. Example" not in answer.text
    assert str(reachable.party) not in answer.text


async def test_messages_can_be_looked_for_by_state(reachable):
    reachable.mailer.answers = [Delivery(Outcome.FAILED, "smtp_550")]
    await reachable.hear(reachable.created(), reachable.closed())

    async with calling(reachable) as client:
        page = (await client.get("/v1/messages?state=failed")).json()

    assert [(item["template"], item["reasonCode"]) for item in page["items"]] == [("submission_received", "smtp_550")]


async def test_a_question_without_a_case_or_state_is_refused(scene):
    async with calling(scene) as client:
        for query in ("", "?case=nonsense", "?state=nonsense", "?state=sent&page=0", "?state=sent&pageSize=1000"):
            assert (await client.get(f"/v1/messages{query}")).status_code == 400


async def test_one_message_can_be_read(reachable):
    await reachable.hear(reachable.created())
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    async with calling(reachable) as client:
        assert (await client.get(f"/v1/messages/{message.id}")).json()["state"] == "sent"
        assert (await client.get(f"/v1/messages/{reachable.case}")).status_code == 404


async def test_a_failed_message_is_claimed_again_on_request(reachable):
    reachable.mailer.answers = [Delivery(Outcome.FAILED, "smtp_550")]
    await reachable.hear(reachable.created())
    message = await reachable.message(Template.SUBMISSION_RECEIVED)

    async with calling(reachable) as client:
        first = await client.post(f"/v1/messages/{message.id}/send-again")
        second = await client.post(f"/v1/messages/{message.id}/send-again")

    assert (first.status_code, first.json()["state"], first.json()["attempt"]) == (202, "sending", 2)
    assert second.status_code == 409


async def test_templates_are_listed_and_can_be_seen(scene):
    async with calling(scene) as client:
        page = (await client.get("/v1/templates?pageSize=10&page=3")).json()
        preview = (await client.get("/v1/templates/visit_confirmed/fr/preview")).json()

    assert (page["total"], len(page["items"])) == (28, 8)
    assert preview["subject"] == "Votre visite du mardi 24 novembre 2026 est confirmée"
    assert preview["html"].startswith('<!doctype html>\n<html lang="fr">')
    assert preview["version"] == "1.1"


async def test_unknown_templates_and_languages_are_refused(scene):
    async with calling(scene) as client:
        assert (await client.get("/v1/templates/nonsense/nl/preview")).status_code == 400
        assert (await client.get("/v1/templates/case_closed/xx/preview")).status_code == 400


async def test_messages_are_not_there_for_who_does_not_act_for_every_organisation(reachable):
    await reachable.hear(reachable.created(), reachable.confirmed())
    limited = Badge(reachable.clock, "case-worker", organisations=["municipality"])

    async with calling(reachable) as client:
        id_ = (await client.get("/v1/messages", params={"case": str(reachable.case)})).json()["items"][0]["messageId"]
        page = (await client.get("/v1/messages", params={"case": str(reachable.case)}, auth=limited)).json()
        answers = [
            await client.get(f"/v1/messages/{id_}", auth=limited),
            await client.get(f"/v1/messages/{reachable.case}", auth=limited),
            await client.post(f"/v1/messages/{id_}/send-again", auth=limited),
        ]

    assert (page["items"], page["total"]) == ([], 0)
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1
