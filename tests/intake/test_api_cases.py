"""The routes of case workers over HTTP, with the whole chassis but Kafka."""

from datetime import timedelta
from uuid import uuid4

from .bench import KEY, event, person


async def test_case_workers_read_a_case_in_full_and_list_cases_by_page(desk, fast_track):
    ids = []
    for number in range(3):
        ids.append((await desk.hand_in(event(fast_track(), str(number)))).json()["id"])
        desk.service.clock.forward(timedelta(seconds=1))

    case = (await desk.worker("GET", f"/v1/cases/{ids[0]}")).json()
    first = (await desk.worker("GET", "/v1/cases", status="accepted", pageSize=2)).json()
    second = (await desk.worker("GET", "/v1/cases", page=2, pageSize=2)).json()
    none = (await desk.worker("GET", "/v1/cases", status="planned")).json()

    assert case["contact"] == {"name": "A. Example", "email": "a.example@example.org"}
    assert (case["route"], case["rule"], case["formalities"][2]["ready"]) == ("one_stop", "fast-track-non-eu", True)
    assert [one["id"] for one in first["cases"] + second["cases"]] == ids[::-1]
    assert (first["total"], none["total"]) == (3, 0)
    assert "contact" not in first["cases"][0]


async def test_case_workers_take_a_case_through_a_missing_document_to_a_number_and_a_decision(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track(persons=[person(documents=("passport", "acknowledgement_letter"))])))).json()["id"]
    waiting = (await desk.worker("GET", f"/v1/cases/{id_}")).json()
    assert (waiting["status"], waiting["informationDue"]) == ("information_requested", "2026-12-07")
    assert waiting["missing"] == [{"product": "brp_first_registration", "person": None, "anyOf": ["tenancy", "main_occupant_statement"]}]

    documents = await desk.worker("POST", f"/v1/cases/{id_}/documents", {"documents": [{"person": 1, "documentType": "tenancy"}]})
    decided = await desk.worker(
        "POST", f"/v1/cases/{id_}/permit-decisions", {"person": 1, "appliedOn": "2026-11-02", "decidedOn": "2026-11-12", "granted": True}
    )
    issued = await desk.worker("POST", f"/v1/cases/{id_}/bsn-issued", {"person": 1, "issuedOn": "2026-11-23"})

    assert (documents.status_code, decided.status_code, issued.status_code) == (200, 200, 200)
    case = (await desk.worker("GET", f"/v1/cases/{id_}")).json()
    assert (case["status"], case["missing"], case["bsnIssued"]) == ("accepted", [], {"1": "2026-11-23"})
    assert case["decisions"] == [{"person": 1, "appliedOn": "2026-11-02", "decidedOn": "2026-11-12", "granted": True}]


async def test_case_workers_withdraw_a_case(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    withdrawn = (await desk.worker("POST", f"/v1/cases/{id_}/withdraw", {"reasonCode": "client_request"})).json()

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


async def test_what_case_workers_send_wrongly_is_refused(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]

    for path, body in WRONG:
        answer = await desk.worker("POST", f"/v1/cases/{id_}/{path}", body)

        assert (path, answer.status_code, answer.headers["content-type"]) == (path, 400, "application/problem+json")
        assert "123456782" not in answer.text


async def test_no_route_of_case_workers_is_open(desk):
    paths = [
        (method.upper(), path)
        for path, item in desk.service.app.openapi()["paths"].items()
        if path.startswith("/v1/cases")
        for method in item
    ]
    assert len(paths) == 6
    for method, path in paths:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {KEY.decode()}"}):
            answer = await desk.client.request(method, path.replace("{case_id}", str(uuid4())), headers=headers, json={})
            assert answer.status_code == 401


async def test_a_case_that_does_not_exist_is_not_found(desk):
    assert (await desk.worker("GET", f"/v1/cases/{uuid4()}")).status_code == 404
    assert (await desk.worker("POST", f"/v1/cases/{uuid4()}/withdraw", {})).status_code == 404
