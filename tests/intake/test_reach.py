"""A case worker of an organisation sees and changes the cases in which that organisation has something to do; no others are there."""

from uuid import uuid4

import pytest

from .bench import QUESTION, event

MUNICIPALITY, ADVICE = {"organisations": ["municipality"]}, {"organisations": ["ecmr"]}


@pytest.fixture
async def cases(desk, fast_track):
    """One case with registration, consultation and biometrics, one with consultation alone, and a question."""
    alone = fast_track(caseType="settling_consultation", formalities=[{"product": "settling_consultation", "persons": [1]}])
    whole = await desk.hand_in(event(fast_track(), "1"))
    advice = await desk.hand_in(event(alone, "2"))
    asked = await desk.hand_in(event(QUESTION, "3", "question-asked", "gip-maastricht"), partner="gip-maastricht")
    return whole.json()["id"], advice.json()["id"], asked.json()["id"]


async def listed(desk, limits, **query):
    page = (await desk.worker("GET", "/v1/cases", limits=limits, **query)).json()
    return {case["id"] for case in page["cases"]}, page["total"]


async def test_lists_hold_what_concerns_an_organisation_and_count_no_more(desk, cases):
    whole, advice, asked = cases

    assert await listed(desk, MUNICIPALITY) == ({whole}, 1)
    assert await listed(desk, ADVICE) == ({whole, advice}, 2)
    assert await listed(desk, {"organisations": ["municipality", "ecmr"]}) == ({whole, advice}, 2)
    assert await listed(desk, {"organisations": []}) == (set(), 0)
    assert await listed(desk, {"organisations": ["*"]}) == ({whole, advice, asked}, 3)
    assert (await listed(desk, ADVICE, pageSize=1, page=2))[1] == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/documents", {"documents": [{"person": 1, "documentType": "tenancy"}]}),
        ("POST", "/permit-decisions", {"person": 1, "appliedOn": "2026-11-20", "decidedOn": "2026-11-23", "granted": True}),
        ("POST", "/bsn-issued", {"person": 1, "issuedOn": "2026-11-23"}),
        ("POST", "/withdraw", {"reasonCode": "client_request"}),
    ],
)
async def test_another_organisations_case_is_not_there_whatever_is_asked_of_it(desk, cases, method, path, body):
    _whole, advice, _asked = cases
    before = (await desk.worker("GET", f"/v1/cases/{advice}")).json()

    foreign = await desk.worker(method, f"/v1/cases/{advice}{path}", body, limits=MUNICIPALITY)
    absent = await desk.worker(method, f"/v1/cases/{uuid4()}{path}", body, limits=MUNICIPALITY)

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json() == absent.json()
    assert (await desk.worker("GET", f"/v1/cases/{advice}")).json() == before


async def test_ones_own_case_is_there(desk, cases):
    whole, advice, _asked = cases

    assert (await desk.worker("GET", f"/v1/cases/{whole}", limits=MUNICIPALITY)).status_code == 200
    assert (await desk.worker("POST", f"/v1/cases/{advice}/withdraw", {}, limits=ADVICE)).json()["status"] == "withdrawn"
