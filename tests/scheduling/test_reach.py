"""A desk reaches what is at its location and at desks of its organisation; what is another's is answered like what does not exist."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.scheduling.test_api import Desk, desk

from common.ids import derived
from common.testing.issuer import Badge

__all__ = ["desk"]

HERE = {"locations": ["mosae_forum"], "organisations": ["municipality"]}
ELSEWHERE = [
    {"locations": ["heerlen_town_hall"], "organisations": ["*"]},
    {"locations": ["mosae_forum"], "organisations": ["nobody"]},
    {"locations": [], "organisations": ["*"]},
    {"locations": ["*"], "organisations": []},
]


@asynccontextmanager
async def somebody(desk: Desk, limits: dict[str, list[str]], role: str = "desk") -> AsyncIterator[Desk]:
    """Another client of the same service, with a token of less reach."""
    transport, badge = httpx.ASGITransport(desk.service.app), Badge(desk.clock, role, **limits)
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduling", auth=badge) as client:
        yield Desk(desk.service, desk.clock, client, desk.scene)


async def both(desk: Desk, method: str, path: str, absent: str, body: dict | None = None) -> None:
    """What is beyond reach, and what does not exist, are answered with the same 404."""
    answers = [await desk.client.request(method, one, json=body) for one in (path, absent)]
    assert [answer.status_code for answer in answers] == [404, 404], answers[0].text
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize("limits", ELSEWHERE)
async def test_another_locations_or_organisations_visit_is_not_there(desk, limits):
    visit, case = await desk.planned()
    id_, nobody = visit["visitId"], derived("nobody")
    appointment = visit["appointments"][0]["appointmentId"]

    async with somebody(desk, limits) as stranger:
        await both(stranger, "GET", f"/v1/visits/{id_}", f"/v1/visits/{nobody}")
        assert await stranger.get(f"/v1/visits?case={case.case_id}") == []
        cancel = {"by": "client", "reasonCode": "other"}
        await both(stranger, "POST", f"/v1/visits/{id_}/cancel", f"/v1/visits/{nobody}/cancel", cancel)
        for act, body in {
            "check-in": {"documentsComplete": True},
            "call": None,
            "start": None,
            "complete": {"outcome": "settled"},
            "cancel": cancel,
            "no-show": {"recordedBy": "desk"},
        }.items():
            path = f"appointments/{appointment}/{act}"
            await both(stranger, "POST", f"/v1/visits/{id_}/{path}", f"/v1/visits/{nobody}/{path}", body)

    assert await desk.get(f"/v1/visits/{id_}") == visit


async def test_within_a_visit_a_desk_changes_the_appointments_of_its_own_organisation_alone(desk):
    visit, _case = await desk.planned()
    own = next(one for one in visit["appointments"] if ".municipality." in one["deskId"])
    other = next(one for one in visit["appointments"] if ".municipality." not in one["deskId"])

    async with somebody(desk, HERE) as worker:
        assert (await worker.get(f"/v1/visits/{visit['visitId']}"))["visitId"] == visit["visitId"]
        path = f"/v1/visits/{visit['visitId']}/appointments"
        body = {"by": "desk", "reasonCode": "other"}
        await both(worker, "POST", f"{path}/{other['appointmentId']}/cancel", f"{path}/{derived('nobody')}/cancel", body)
        cancelled = await worker.post(f"{path}/{own['appointmentId']}/cancel", body)

    assert cancelled["state"] == "cancelled"


async def test_the_day_list_of_another_desk_is_not_there(desk):
    absent = "/v1/desks/nowhere.1/day?date=2026-11-03"
    async with somebody(desk, HERE) as worker:
        assert (await worker.get("/v1/desks/mosae_forum.municipality.1/day?date=2026-11-03"))["deskId"] == "mosae_forum.municipality.1"
        await both(worker, "GET", "/v1/desks/mosae_forum.ind.1/day?date=2026-11-03", absent)
    for limits in ELSEWHERE:
        async with somebody(desk, limits) as stranger:
            await both(stranger, "GET", "/v1/desks/mosae_forum.municipality.1/day?date=2026-11-03", absent)


async def test_appointments_without_outcome_are_those_of_ones_own_desks(desk):
    async with somebody(desk, HERE) as worker:
        await worker.get("/v1/appointments/outcome-pending?location=mosae_forum")
        await both(worker, "GET", *(f"/v1/appointments/outcome-pending?location={place}" for place in ("heerlen_town_hall", "x1")))


@pytest.mark.parametrize("limits", ELSEWHERE)
async def test_nobody_closes_or_opens_what_is_anothers(desk, limits):
    day = {"date": "2026-11-10", "reasonCode": "strike"}
    one = {"locationId": "mosae_forum", "deskId": "mosae_forum.municipality.1", **day}
    async with somebody(desk, limits, "case-worker") as stranger:
        await stranger.post("/v1/closures", one, 404)
        await stranger.post("/v1/closures", {"locationId": "mosae_forum", **day}, 404)
        hours = {"deskId": "mosae_forum.municipality.1", "date": "2026-11-14", "opens": "09:00", "closes": "12:00"}
        await stranger.post("/v1/extra-hours", hours, 404)
        assert (await stranger.client.delete("/v1/closures/mosae_forum/2026-11-10")).status_code == 404
    assert await desk.get("/v1/closures?location=mosae_forum&from=2026-11-01&to=2026-12-01") == []


async def test_who_acts_for_one_organisation_closes_its_desk_but_no_location(desk):
    day = {"locationId": "mosae_forum", "date": "2026-11-10", "reasonCode": "strike"}
    async with somebody(desk, HERE, "case-worker") as worker:
        await worker.post("/v1/closures", day, 404)
        await worker.post("/v1/closures", {**day, "deskId": "mosae_forum.municipality.1"}, 201)
        closures = "/v1/closures?location=mosae_forum&from=2026-11-01&to=2026-12-01"
        assert [one["deskId"] for one in await worker.get(closures)] == ["mosae_forum.municipality.1"]
    async with somebody(desk, {**HERE, "organisations": ["ind"]}, "case-worker") as other:
        assert await other.get(closures) == []
        await other.get("/v1/closures?location=heerlen_town_hall&from=2026-11-01&to=2026-12-01", 404)
