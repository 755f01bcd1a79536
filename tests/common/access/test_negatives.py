"""Whatever is forged is refused, in one and the same way; what is right is taken, to the second."""

import base64
import json
from typing import Any

import httpx
import pytest
from chassis import NOW
from forged import Forger, forgeries

from common.access.issuing import AUDIENCE, public_keys
from common.service import Service
from common.testing.issuer import signing_key
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

from .lane_service import asked, lane_service

FORGED = forgeries(signing_key(), NOW, "lanes:read")


@pytest.fixture(scope="module")
def service() -> Service[Any]:
    return lane_service(MemoryStore(), StoppedClock(NOW))


def test_there_are_more_than_a_hundred_ways_to_forge() -> None:
    assert len(FORGED) > 100


@pytest.mark.parametrize("wrong", FORGED)
async def test_a_forged_token_is_refused_without_a_word_about_why(service: Service[Any], wrong: str) -> None:
    answer = await asked(service, FORGED[wrong])

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="loket"')
    assert answer.json()["detail"] in {"The token is not one that is taken here.", "This needs an access token as bearer."}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": [AUDIENCE]},
        {"aud": ["another", AUDIENCE]},
        {"aud": f"{AUDIENCE}:scheduling"},
        {"exp": int(NOW.timestamp()) - 29},
        {"nbf": int(NOW.timestamp()) + 29},
        {"iat": NOW.timestamp() + 29.5},
        {"scope": "cases:read lanes:read"},
        {"unknown": {"of": ["any", "kind"]}},
    ],
)
async def test_a_right_token_is_taken_with_half_a_minute_for_clocks_that_differ(service: Service[Any], claims: dict[str, Any]) -> None:
    token = Forger(signing_key(), NOW, "lanes:read").right(**claims)

    assert (await asked(service, [f"Bearer {token}"])).status_code == 200
    assert (await asked(service, [f"bearer {token}"])).status_code == 200


@pytest.mark.parametrize("typ", ["AT+JWT", "application/at+jwt"])
async def test_the_type_may_be_written_in_both_ways_of_the_standard(service: Service[Any], typ: str) -> None:
    assert (await asked(service, [f"Bearer {Forger(signing_key(), NOW, 'lanes:read').right({'typ': typ})}"])).status_code == 200


@pytest.mark.parametrize("scope", ["", "lanes", "lanes:readx", "xlanes:read", "LANES:READ", "lanes:write", "lanes:read,lanes:write", "*"])
async def test_another_scope_is_refused_with_the_one_that_is_wanted(service: Service[Any], scope: str) -> None:
    answer = await asked(service, [f"Bearer {Forger(signing_key(), NOW, scope).right()}"])

    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer realm="loket", error="insufficient_scope", scope="lanes:read"'


async def test_a_header_that_is_not_ascii_is_wrong_and_no_bug(service: Service[Any]) -> None:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        assert (await client.get("/v1/lanes", headers=[(b"authorization", b"Bearer \xff\xe9")])).status_code == 401


async def test_a_token_in_the_address_or_in_a_cookie_is_none(service: Service[Any]) -> None:
    token = Forger(signing_key(), NOW, "lanes:read").right()
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        assert (await client.get("/v1/lanes", params={"access_token": token})).status_code == 401
        assert (await client.get("/v1/lanes", headers={"cookie": f"access_token={token}"})).status_code == 401


async def test_no_token_and_no_reason_reaches_whoever_is_refused_and_no_token_the_log(
    service: Service[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    token = Forger(signing_key(), NOW, "lanes:read").right(exp=1)

    answer = await asked(service, [f"Bearer {token}"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "refused"] == ["expired"]
    assert "expired" not in answer.text + str(answer.headers)
    assert token not in json.dumps(lines)


def test_what_services_are_given_does_not_sign() -> None:
    [row] = json.loads(public_keys(signing_key()))["keys"]

    assert set(row) == {"kty", "crv", "x", "alg", "use", "kid"}
    assert len(base64.urlsafe_b64decode(row["x"] + "=")) == 32
