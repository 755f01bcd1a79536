"""What staff hand in: days within bounds, codes of their lists, nothing repeated; a whole visit is for who acts for all of it."""

import pytest
from tests.scheduling.test_api import desk
from tests.scheduling.test_reach import HERE, somebody

__all__ = ["desk"]
CANARY = "Jan.Jansen-0612345678"
PLACE = {"locationId": "mosae_forum", "date": "2026-11-10", "reasonCode": "strike"}
HOURS = {"deskId": "mosae_forum.municipality.1", "date": "2026-11-14", "opens": "09:00", "closes": "12:00"}


async def faults(desk, method, path, body=None):
    answer = await desk.client.request(method, path, json=body)
    assert answer.status_code == 400, answer.text
    assert CANARY not in answer.text
    return {fault["pointer"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-11-01", "2036-11-02"])
async def test_no_route_takes_a_day_that_is_not_plausible(desk, day):
    visit, _ = await desk.planned()
    path, late = f"/v1/visits/{visit['visitId']}", day if day != "2026-11-01" else "2020-01-01"

    assert await faults(desk, "POST", "/v1/closures", {**PLACE, "date": day, "until": day}) == {"/date", "/until"}
    assert await faults(desk, "POST", "/v1/extra-hours", {**HOURS, "date": day}) == {"/date"}
    assert await faults(desk, "DELETE", f"/v1/closures/mosae_forum/{day}") == {"path:date"}
    assert await faults(desk, "POST", f"{path}/plan", {"locationId": "mosae_forum", "day": day}) == {"/day"}
    assert await faults(desk, "POST", f"{path}/cancel", {"by": "client", "reasonCode": "ill", "rebook": True, "notBefore": late}) == {
        "/notBefore"
    }
    if day[:2] != "20":
        assert await faults(desk, "GET", f"/v1/desks/mosae_forum.ind.1/day?date={day}") == {"query:date"}
        assert await faults(desk, "GET", f"/v1/closures?location=mosae_forum&from={day}&to={day}") == {"query:from", "query:to"}


async def test_a_code_that_stands_in_no_list_is_refused_at_every_route(desk):
    visit, _ = await desk.planned()
    path = f"/v1/visits/{visit['visitId']}"
    one = f"{path}/appointments/{visit['appointments'][0]['appointmentId']}"

    assert await faults(desk, "POST", f"{path}/cancel", {"by": "client", "reasonCode": CANARY}) == {"/reasonCode"}
    assert await faults(desk, "POST", f"{one}/cancel", {"by": "desk", "reasonCode": CANARY}) == {"/reasonCode"}
    assert await faults(desk, "POST", f"{one}/no-show", {"recordedBy": CANARY}) == {"/recordedBy"}
    assert await faults(desk, "POST", f"{one}/complete", {"outcome": CANARY}) == {"/outcome"}
    assert await faults(desk, "POST", "/v1/closures", {**PLACE, "reasonCode": CANARY}) == {"/reasonCode"}


async def test_a_field_that_is_not_known_is_not_named(desk):
    assert await faults(desk, "POST", "/v1/closures", {**PLACE, CANARY: 1}) == {""}


async def test_no_closure_is_kept_of_a_place_that_is_not_there(desk):
    for path in (f"/v1/closures/{'nowhere'}/2026-11-10", "/v1/closures/mosae_forum/2026-11-10?desk=nowhere.1"):
        assert (await desk.client.delete(path)).status_code == 404


async def test_a_whole_visit_is_cancelled_or_moved_by_who_acts_for_all_of_it(desk):
    visit, _ = await desk.planned()
    path, cancel = f"/v1/visits/{visit['visitId']}", {"by": "desk", "reasonCode": "strike"}

    async with somebody(desk, HERE) as worker:
        await worker.post(f"{path}/cancel", cancel, 403)
        await worker.post(f"{path}/plan", {"locationId": "mosae_forum", "day": "2026-11-10"}, 403)
    assert await desk.get(path) == visit
    async with somebody(desk, {**HERE, "organisations": ["municipality", "ecmr", "ind"]}) as everybody:
        assert (await everybody.post(f"{path}/cancel", cancel))["stage"] == "cancelled"
