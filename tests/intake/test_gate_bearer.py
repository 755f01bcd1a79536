"""The token's way in: a partner that bears a token hands in and follows what is its own, and nothing else."""

import json
from uuid import uuid4

import pytest
from forged import Forger, forgeries

from common.testing.issuer import Badge, signing_key
from intake.gateway.refusal import Refused

from .bench import NOW, SOURCES, STRUCTURED, event, signed

FORGED = forgeries(signing_key(), NOW, "events:write")


def bearing(partner, scope="events:write submissions:read", **claims):
    return {"authorization": "Bearer " + Forger(signing_key(), NOW, scope).right(partner=partner, **claims)}


async def hand_in(desk, content, headers, **more):
    answer = await desk.client.post("/v1/events", content=json.dumps(content).encode(), headers={**STRUCTURED, **headers}, **more)
    await desk.settle()
    return answer


async def test_a_partner_hands_in_and_follows_with_a_token(desk, fast_track):
    handed = await hand_in(desk, event(fast_track()), bearing("shared-service-centre"))
    again = await hand_in(desk, event(fast_track()), bearing("shared-service-centre"))
    status = await desk.client.get(handed.json()["statusAddress"], headers=bearing("shared-service-centre"))

    assert (handed.status_code, again.json()) == (202, handed.json())
    assert status.json()["status"] == "accepted"


async def test_signature_and_token_lead_to_the_same_case(desk, fast_track):
    borne = await hand_in(desk, event(fast_track()), bearing("shared-service-centre"))
    signed_too = await desk.hand_in(event(fast_track()))

    assert borne.json() == signed_too.json()


async def test_a_forged_token_is_refused_even_beside_a_right_signature(desk, fast_track):
    body = json.dumps(event(fast_track())).encode()
    assert len(FORGED) > 100
    rightly = [*STRUCTURED.items(), *signed(body, "1").items()]

    for wrong in FORGED.keys() - {"no header"}:
        headers = [*rightly, *(("authorization", value) for value in FORGED[wrong])]
        assert (await desk.client.post("/v1/events", content=body, headers=headers)).status_code == 401, wrong
        assert desk.service.told == [], wrong


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (bearing("university"), 403),
        (bearing("nobody"), 401),
        (bearing(None), 403),
        (bearing("shared-service-centre", "submissions:read"), 403),
        (bearing("shared-service-centre", ""), 403),
        (bearing("shared-service-centre", aud="loket:scheduling"), 401),
        (bearing("university") | {"loket-partner": "shared-service-centre"}, 401),
        (bearing("shared-service-centre") | {"loket-partner": "university"}, 401),
    ],
)
async def test_a_token_is_good_for_its_own_partner_and_scope_only(desk, fast_track, headers, status):
    answer = await hand_in(desk, event(fast_track()), headers)

    assert answer.status_code == status
    assert desk.service.told == []


@pytest.mark.parametrize("role", ["case-worker", "desk", "ops", "analyst"])
async def test_no_other_role_hands_in(desk, fast_track, role):
    answer = await hand_in(desk, event(fast_track()), {}, auth=Badge(desk.service.clock, role))

    assert answer.status_code == 403


async def test_another_partners_submission_is_not_there(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    foreign = await desk.client.get(f"/v1/submissions/{id_}", headers=bearing("university"))
    absent = await desk.client.get(f"/v1/submissions/{uuid4()}", headers=bearing("university"))

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json() == absent.json()


async def test_a_token_says_nothing_of_the_source(desk, fast_track):
    foreign = event(fast_track()) | {"source": SOURCES["university"]}

    assert (await hand_in(desk, foreign, bearing("shared-service-centre"))).status_code == 403


def test_a_partner_with_a_token_keeps_to_its_pace(gate, fast_track):
    body = json.dumps(event(fast_track())).encode()
    for _ in range(20):
        gate.admit(STRUCTURED, body, "shared-service-centre")

    with pytest.raises(Refused) as refused:
        gate.admit(STRUCTURED, body, "shared-service-centre")

    assert refused.value.status == 429
