"""One case, from a partner's POST to a figure."""

import pytest
from journeys.reaching import has_told, served
from whole_platform import Platform, registration

pytestmark = pytest.mark.kafka


async def test_a_household_is_registered_told_in_its_language_and_counted(platform: Platform) -> None:
    answer = await platform.hand_in(registration())
    assert answer.status_code == 202
    case = answer.json()["id"]

    await served(platform, case)

    topics = await platform.topics_of(case)
    assert topics[0] == "case.created"
    assert topics.count("visit.confirmed") == topics.count("case.closed") == topics.count("formality.completed") == 1
    subjects = [letter["subject"] for letter in platform.letters]
    assert len(subjects) == len(set(subjects)) == 4
    assert {letter["content-language"] for letter in platform.letters} == {"fr"}
    assert (await platform.ask("intake", "GET", f"/v1/cases/{case}"))["status"] == "completed"
    figure = await platform.ask("reporting", "GET", "/v1/indicators/K2", params={"from": "2026-11-30", "to": "2026-12-31"})
    events = await platform.ask("reporting", "GET", "/v1/indicators/K2/events", params={"from": "2026-11-30", "to": "2026-12-31"})
    assert figure["total"]["value"] == "2"
    assert {event["caseId"] for event in events["items"]} == {case}


async def test_the_same_submission_twice_is_one_case_and_other_bytes_under_its_id_are_refused(platform: Platform) -> None:
    first = await platform.hand_in(registration(), id_="same")

    again = await platform.hand_in(registration(), id_="same")
    other = await platform.hand_in(registration(language="de"), id_="same")

    assert (again.status_code, again.json()) == (202, first.json())
    assert other.status_code == 409
    assert (await platform.ask("intake", "GET", "/v1/cases"))["total"] == 1


async def test_a_withdrawn_case_loses_its_visit_and_gives_its_slots_back(platform: Platform) -> None:
    case = (await platform.hand_in(registration())).json()["id"]
    await platform.until(lambda: has_told(platform, case, "visit.confirmed"))

    await platform.ask("intake", "POST", f"/v1/cases/{case}/withdraw", json={"reasonCode": "client_request"})
    await platform.until(lambda: has_told(platform, case, "visit.cancelled"))
    await platform.until(lambda: has_told(platform, case, "case.closed"))

    visit = (await platform.ask("scheduling", "GET", "/v1/visits", params={"case": case}))[0]
    desk = visit["appointments"][0]["deskId"]
    day = await platform.ask("scheduling", "GET", f"/v1/desks/{desk}/day", params={"date": visit["day"] or "2026-12-03"})
    assert not [one for one in day["appointments"] if one["state"] == "booked"]
