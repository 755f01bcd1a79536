"""What analysts and ops get over HTTP: the timeline of a case, figures with their meaning, and the events behind them."""

from collections.abc import AsyncIterator
from math import nan
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chassis import record_of
from reporting_room import SETTINGS, Room
from reporting_told import Told, at, contacted, created, id_
from reporting_visits import attended, confirmed

from common.testing.issuer import Badge
from common.testing.service import app as offline_app
from common.testing.service import offline
from reporting.app import build
from reporting.domain import WATCH

MONTH = {"from": "2026-11-01", "to": "2026-12-01"}


@pytest.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    fastapi, _ = offline_app(build(SETTINGS), room.store, room.clock)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(fastapi), base_url="http://reporting", auth=Badge(room.clock, "analyst", "ops")
    ) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, status: int = 200, **query: Any) -> Any:
    answer = await client.get(path, params=query or None)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_timeline_tells_who_did_what_when_and_where_it_lies(room: Room, client: httpx.AsyncClient) -> None:
    await room.hear(attended("visit", "biometrics", when=at(10)), created("case", when=at(2), offset=17))

    timeline = await get(client, f"/v1/cases/{id_('case')}/timeline")

    assert timeline["timezone"] == "Europe/Amsterdam"
    assert [item["what"] for item in timeline["items"]] == ["Request received", "Appointment finished"]
    first = timeline["items"][0]
    assert first["who"] == {"service": "intake", "actor": "engineering-sponsor"}
    assert (first["topic"], first["partition"], first["offset"]) == ("case.created", 3, 17)
    assert (first["eventId"], first["causation"], first["trace"]) == (
        str(id_("created case")),
        str(id_("cause of created case")),
        "4bf92f3577b34da6a3ce929d0e0e4736",
    )
    assert first["occurredAt"] == "2026-11-02T09:00:00Z"
    assert first["data"]["municipalityCode"] == "GM0935"


async def test_the_timeline_orders_by_time_and_then_by_sequence(room: Room, client: httpx.AsyncClient) -> None:
    later, earlier = created("case", sequence=9), confirmed("visit", "biometrics")
    same_time = Told("same time", later.event, subject="case", sequence=2)
    await room.hear(later, same_time, earlier)

    timeline = await get(client, f"/v1/cases/{id_('case')}/timeline")

    assert [(item["occurredAt"], item["sequence"]) for item in timeline["items"]] == [("2026-11-10T09:00:00Z", n) for n in (1, 2, 9)]


async def test_a_case_of_which_nothing_is_known_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await get(client, f"/v1/cases/{id_('nobody')}/timeline", 404))["detail"] == "Nothing is known of this case."


@pytest.mark.parametrize("path", ["/v1/indicators", "/v1/indicators/k01", "/v1/indicators/k01/events", f"/v1/cases/{id_('case')}/timeline"])
async def test_nothing_is_open(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Authorization": "Bearer wrong"})

    assert answer.status_code == 401


async def test_indicators_say_what_they_mean(client: httpx.AsyncClient) -> None:
    items = (await get(client, "/v1/indicators"))["items"]

    assert [item["key"] for item in items] == ["k01", "k02", "k05", "k06", "k07", "k08", "k09", "k16", "k18", "k20"]
    speed = items[2]
    assert (speed["title"], speed["unit"], speed["definitionVersion"], speed["runningPeriod"]) == ("BSN speed", "share", "v1", "month")
    assert speed["rounding"] == "half to even, 4 decimals"
    assert {reference["value"] for reference in speed["publishedReferences"]} == {"3 days", "5 days", "4 weeks"}
    assert speed["figure"] == "/v1/indicators/k05"


async def test_a_figure_links_to_the_very_events_it_counts(room: Room, client: httpx.AsyncClient) -> None:
    await room.hear(contacted("first"), contacted("second", channel="desk"), contacted("third", channel="desk"))

    answer = await get(client, "/v1/indicators/K1", by="channel", **MONTH)

    assert (answer["total"]["value"], answer["total"]["n"], answer["period"]["timezone"]) == ("3", 3, "Europe/Amsterdam")
    assert [(group["group"], group["value"]) for group in answer["groups"]] == [("desk", "2"), ("phone", "1")]
    events = await get(client, answer["groups"][0]["events"])
    assert {item["eventId"] for item in events["items"]} == {str(id_("second")), str(id_("third"))}
    assert (events["total"], events["next"], events["items"][0]["what"]) == (2, None, "Contact with the client")


async def test_events_come_in_pages(room: Room, client: httpx.AsyncClient) -> None:
    await room.hear(*(contacted(f"contact {number}") for number in range(5)))

    first = await get(client, "/v1/indicators/k01/events", pageSize=2, **MONTH)
    second = await get(client, first["next"])
    third = await get(client, second["next"])

    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["next"] is None
    assert len({item["eventId"] for page in (first, second, third) for item in page["items"]}) == 5


async def test_without_days_it_is_the_running_period(room: Room, client: httpx.AsyncClient) -> None:
    await room.hear(contacted("this year", when=at(2, month=3)))

    year, month = await get(client, "/v1/indicators/k01"), await get(client, "/v1/indicators/k05")

    assert (year["period"]["first"], year["period"]["end"], year["total"]["value"]) == ("2026-01-01", "2027-01-01", "1")
    assert (month["period"]["first"], month["period"]["end"]) == ("2026-11-01", "2026-12-01")


async def test_a_figure_is_complete_only_when_its_period_is_over_and_nothing_waits(client: httpx.AsyncClient, room: Room) -> None:
    running = await get(client, "/v1/indicators/k05")
    over = await get(client, "/v1/indicators/k05", **{"from": "2026-10-01", "to": "2026-11-01"})

    assert running["completeness"] == {"complete": False, "periodOver": False, "recordsBehind": None, "setAside": 0}
    assert over["completeness"] == {"complete": False, "periodOver": True, "recordsBehind": None, "setAside": 0}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({**MONTH, "by": "shoe_size"}, "channel, language, organisation, municipality, month, year"),
        ({"from": "2026-11-01"}, "`from` and `to` go together"),
        ({"from": "2026-11-01", "to": "2026-11-01"}, "must lie before `to`"),
        ({"from": "yesterday", "to": "2026-11-01"}, "1 fault"),
    ],
)
async def test_a_question_that_makes_no_sense_is_a_400_that_says_why(
    client: httpx.AsyncClient, query: dict[str, str], sentence: str
) -> None:
    assert sentence in (await get(client, "/v1/indicators/k01", 400, **query))["detail"]


async def test_a_group_without_a_split_is_refused(client: httpx.AsyncClient) -> None:
    assert "needs `by`" in (await get(client, "/v1/indicators/k01/events", 400, group="desk"))["detail"]


async def test_an_unknown_indicator_is_not_found(client: httpx.AsyncClient) -> None:
    assert "k01, k02" in (await get(client, "/v1/indicators/k99", 404))["detail"]


async def test_the_service_starts_its_watch_and_lets_go_of_its_memory(room: Room) -> None:
    service, _ = offline(build(SETTINGS), room.store, room.clock)
    assert service.blueprint.starts is not None
    assert service.blueprint.stops is not None

    await service.blueprint.starts(service.context)
    await service.blueprint.starts(service.context)
    await service.blueprint.stops(service.context)

    watch = await room.ports.watches.get(WATCH)
    assert watch is not None
    assert (watch.version, list(watch.waiting)) == (1, ["LookAtFacts"])


async def test_records_that_wait_make_a_figure_incomplete(room: Room) -> None:
    service, _ = offline(build(SETTINGS), room.store, room.clock)
    service.metrics.lag.labels("case.created").set(4)
    service.metrics.lag.labels("case.closed").set(1)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://reporting", auth=Badge(room.clock, "analyst", "ops")
    ) as client:
        behind = await get(client, "/v1/indicators/k05", **{"from": "2026-10-01", "to": "2026-11-01"})
        service.metrics.lag.labels("case.created").set(0)
        service.metrics.lag.labels("case.closed").set(0)
        settled = await get(client, "/v1/indicators/k05", **{"from": "2026-10-01", "to": "2026-11-01"})
        service.metrics.lag.labels("case.closed").set(nan)
        cut_off = await get(client, "/v1/indicators/k05", **{"from": "2026-10-01", "to": "2026-11-01"})
        service.metrics.lag.labels("case.closed").set(0)
        await service.parking.quarantine(record_of(uuid4()), "case.closed", ValueError())
        aside = await get(client, "/v1/indicators/k05", **{"from": "2026-10-01", "to": "2026-11-01"})

    assert behind["completeness"] == {"complete": False, "periodOver": True, "recordsBehind": 5, "setAside": 0}
    assert settled["completeness"]["complete"] is True
    assert cut_off["completeness"] == {"complete": False, "periodOver": True, "recordsBehind": None, "setAside": 0}
    assert aside["completeness"] == {"complete": False, "periodOver": True, "recordsBehind": 0, "setAside": 1}


async def test_a_timeline_is_not_there_for_who_does_not_act_for_every_organisation(room: Room, client: httpx.AsyncClient) -> None:
    await room.hear(created("case", when=at(2), offset=17))
    limited = Badge(room.clock, "ops", organisations=["municipality"])

    foreign = await client.get(f"/v1/cases/{id_('case')}/timeline", auth=limited)
    absent = await client.get(f"/v1/cases/{id_('nothing')}/timeline", auth=limited)

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text == absent.text
