"""The routes of scheduling, as desks and the story use them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.scheduling.conftest import MONDAY, Scene

from common.ids import derived
from common.runner import Origin
from common.testing import app as app_of
from common.testing.issuer import Badge, issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import StoppedClock
from scheduling.app import build
from scheduling.domain.plan import visit_id
from scheduling.settings import Settings

REGION = Path(__file__).parents[2] / "regions/south-limburg"
EVERYTHING = ("brp_first_registration", "settling_consultation", "document_collection")


class Desk:
    """Somebody at a desk, with the platform's answers as JSON."""

    def __init__(self, service, clock, client, scene):
        self.service, self.clock, self.client, self.scene = service, clock, client, scene

    async def settle(self):
        while not self.service.relay.idle():
            await asyncio.sleep(0.001)

    async def hear(self, event):
        on = next(on for on in self.service.blueprint.subscribes if on.message is type(event))
        await self.service.runner.run(on, event, Origin())
        await self.settle()

    async def planned(self, *products, **changes):
        case = self.scene.case(*(products or EVERYTHING), **changes)
        await self.hear(case)
        return (await self.get(f"/v1/visits/{visit_id(case.case_id)}")), case

    async def get(self, path, status=200):
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path, body=None, status=200):
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        await self.settle()
        return answer.json() if answer.content else None


@pytest.fixture
async def desk(region):
    clock, settings = StoppedClock(MONDAY), Settings(**issuer_settings(), region_path=REGION)
    service, _ = offline(build(settings), MemoryStore(), clock)
    await service.relay.start()
    scene = Scene(region)
    scene.clock = clock
    transport, badge = httpx.ASGITransport(service.app), Badge(clock, "case-worker", "ops")
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduling", auth=badge) as client:
        yield Desk(service, clock, client, scene)
    await service.relay.stop()


async def test_every_route_asks_for_a_token(desk):
    paths = [(path, method) for path, item in desk.service.app.openapi()["paths"].items() for method in item]
    assert len(paths) >= 15

    for path, method in paths:
        answer = await desk.client.request(method, path.replace("{", "").replace("}", ""), headers={"Authorization": "Bearer guess"})
        assert answer.status_code == 401, path


async def test_locations_show_their_desks_with_hours_and_the_time_zone(desk):
    mosae_forum, heerlen, _ = await desk.get("/v1/locations")

    assert (mosae_forum["locationId"], mosae_forum["timezone"], len(mosae_forum["municipalities"])) == (
        "mosae_forum",
        "Europe/Amsterdam",
        17,
    )
    ind = next(one for one in mosae_forum["desks"] if one["deskId"] == "mosae_forum.ind.1")
    assert set(ind["hours"]) == {"tue", "thu", "fri"}
    assert [one["organisation"] for one in heerlen["desks"]] == ["municipality"]


async def test_a_visit_is_found_by_its_id_and_by_its_case(desk):
    visit, case = await desk.planned(persons=(1, 2))

    assert (visit["stage"], visit["locationId"], visit["day"], visit["timezone"]) == (
        "confirmed",
        "mosae_forum",
        "2026-11-03",
        "Europe/Amsterdam",
    )
    first = visit["appointments"][0]
    assert (first["startsAt"], first["startsAtLocal"], first["state"]) == ("2026-11-03T07:30:00Z", "2026-11-03T08:30:00+01:00", "booked")
    assert first["persons"] == [1, 2]
    assert await desk.get(f"/v1/visits?case={case.case_id}") == [visit]
    assert await desk.get(f"/v1/visits?case={derived('nobody')}") == []
    await desk.get(f"/v1/visits/{derived('nobody')}", 404)


async def test_the_day_list_of_a_desk_shows_everything_in_the_order_of_its_times(desk):
    for _ in range(5):
        await desk.planned("brp_first_registration", not_before=MONDAY + timedelta(days=1))

    day = await desk.get("/v1/desks/mosae_forum.municipality.1/day?date=2026-11-03")

    assert (day["locationId"], day["closed"], day["hours"]) == ("mosae_forum", None, ["08:30-12:30", "13:00-16:30"])
    starts = [one["startsAt"] for one in day["appointments"]]
    assert starts == sorted(starts)
    assert len(starts) == 2  # of five households the other three went to the three desks beside it
    assert {one["deskId"] for one in day["appointments"]} == {"mosae_forum.municipality.1"}
    assert (await desk.get("/v1/desks/mosae_forum.ind.1/day?date=2027-01-01"))["closed"] == "new_year"
    await desk.get("/v1/desks/nowhere.1/day?date=2026-11-03", 404)


async def test_a_household_is_helped_from_check_in_to_its_outcome(desk):
    visit, _ = await desk.planned("biometrics")
    path = f"/v1/visits/{visit['visitId']}/appointments/{visit['appointments'][0]['appointmentId']}"
    desk.clock.forward(timedelta(days=1))

    states = [
        (await desk.post(f"{path}/check-in", {"documentsComplete": True}))["state"],
        (await desk.post(f"{path}/call"))["state"],
        (await desk.post(f"{path}/start"))["state"],
        (await desk.post(f"{path}/complete", {"outcome": "settled", "followUpNeeded": False}))["state"],
    ]

    assert states == ["checked_in", "called", "started", "completed"]
    assert (await desk.post(f"{path}/complete", {"outcome": "settled"}))["state"] == "completed"
    assert (await desk.get(f"/v1/visits/{visit['visitId']}"))["stage"] == "completed"
    await desk.post(f"{path}/cancel", {"by": "client", "reasonCode": "ill"}, 409)


async def test_only_outcome_pending_appointments_can_be_no_shows(desk):
    visit, _ = await desk.planned("biometrics")
    path = f"/v1/visits/{visit['visitId']}/appointments/{visit['appointments'][0]['appointmentId']}"
    assert await desk.get("/v1/appointments/outcome-pending?location=mosae_forum") == []
    await desk.post(f"{path}/no-show", {"recordedBy": "desk"}, 409)

    desk.clock.forward(timedelta(days=2))
    pending = await desk.get("/v1/appointments/outcome-pending?location=mosae_forum")
    assert [one["appointmentId"] for one in pending] == [visit["appointments"][0]["appointmentId"]]
    assert (await desk.post(f"{path}/no-show", {"recordedBy": "desk"}))["state"] == "no_show"

    assert await desk.get("/v1/appointments/outcome-pending?location=mosae_forum") == []


async def test_a_visit_is_cancelled_for_good_or_for_another_day(desk):
    one, _ = await desk.planned()
    other, _ = await desk.planned()

    gone = await desk.post(f"/v1/visits/{one['visitId']}/cancel", {"by": "client", "reasonCode": "ill"})
    await desk.post(
        f"/v1/visits/{other['visitId']}/cancel", {"by": "client", "reasonCode": "ill", "rebook": True, "notBefore": "2026-11-12"}
    )

    assert gone["stage"] == "cancelled"
    moved = await desk.get(f"/v1/visits/{other['visitId']}")
    assert (moved["stage"], moved["day"]) == ("confirmed", "2026-11-12")
    assert moved["revision"] > other["revision"]


async def test_a_single_appointment_is_cancelled(desk):
    visit, _ = await desk.planned()
    one = visit["appointments"][1]["appointmentId"]

    cancelled = await desk.post(f"/v1/visits/{visit['visitId']}/appointments/{one}/cancel", {"by": "desk", "reasonCode": "adviser_ill"})

    assert cancelled["state"] == "cancelled"
    assert (await desk.get(f"/v1/visits/{visit['visitId']}"))["stage"] == "confirmed"


async def test_a_closed_desk_day_is_listed_moves_its_visits_and_can_be_lifted(desk):
    visit, _ = await desk.planned()

    closed = await desk.post(
        "/v1/closures", {"locationId": "mosae_forum", "date": "2026-11-03", "until": "2026-11-05", "reasonCode": "flood"}, 201
    )

    assert [one["date"] for one in closed] == ["2026-11-03", "2026-11-04", "2026-11-05"]
    assert (await desk.get(f"/v1/visits/{visit['visitId']}"))["day"] == "2026-11-06"
    listed = await desk.get("/v1/closures?location=mosae_forum&from=2026-11-03&to=2026-11-05")
    assert listed == closed
    assert (await desk.get("/v1/desks/mosae_forum.ecmr.1/day?date=2026-11-04"))["closed"] == "flood"
    assert (await desk.client.delete("/v1/closures/mosae_forum/2026-11-03")).status_code == 204
    assert (await desk.client.delete("/v1/closures/mosae_forum/2026-11-03")).status_code == 404
    assert (await desk.client.delete("/v1/closures/mosae_forum/2026-11-04?desk=mosae_forum.ecmr.1")).status_code == 404


async def test_extra_hours_are_taken_for_a_desk_that_exists(desk):
    await desk.post(
        "/v1/extra-hours", {"deskId": "mosae_forum.municipality.1", "date": "2026-11-07", "opens": "10:00", "closes": "12:00"}, 204
    )
    await desk.post("/v1/extra-hours", {"deskId": "nowhere.1", "date": "2026-11-07", "opens": "10:00", "closes": "12:00"}, 404)
    await desk.post(
        "/v1/extra-hours", {"deskId": "mosae_forum.municipality.1", "date": "2026-11-07", "opens": "12:00", "closes": "10:00"}, 400
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"locationId": "elsewhere", "date": "2026-11-03", "reasonCode": "flood"}, 404),
        ({"locationId": "mosae_forum", "deskId": "heerlen_town_hall.municipality.1", "date": "2026-11-03", "reasonCode": "flood"}, 404),
        ({"locationId": "mosae_forum", "date": "2026-11-01", "reasonCode": "flood"}, 400),
        ({"locationId": "mosae_forum", "date": "2026-11-03", "until": "2026-11-02", "reasonCode": "flood"}, 400),
        ({"locationId": "mosae_forum", "date": "2026-11-03", "until": "2027-11-02", "reasonCode": "flood"}, 400),
        ({"locationId": "mosae_forum", "date": "2026-11-03", "reasonCode": "because of the flood"}, 400),
        ({"locationId": "mosae_forum", "date": "2026-11-03", "reasonCode": "flood", "note": "free text"}, 400),
    ],
)
async def test_a_closure_that_makes_no_sense_is_refused(desk, body, status):
    await desk.post("/v1/closures", body, status)


def test_the_service_can_be_brought_up_by_the_chassis():
    app, _settle = app_of(build(Settings(**issuer_settings(), region_path=REGION)), MemoryStore(), StoppedClock(MONDAY))

    assert "/v1/visits/{visit_id}/cancel" in app.openapi()["paths"]
