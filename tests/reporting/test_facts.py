"""Every event becomes one fact, whatever happens on the way, and no personal data ever does."""

import orjson
import pytest
from reporting_room import Room
from reporting_told import Told, created, id_
from reporting_visits import attended, missed

from common.aggregate import Mark
from common.envelope import receiving
from common.events import party
from common.events.catalogue import EVENTS
from common.events.lane import IntakeParked
from common.runner import Origin
from common.store.port import Entry
from common.testing.memory import MemoryStore
from reporting import app
from reporting.domain import Fact
from reporting.store import REMEMBERED, Facts
from reporting.titles import TITLES


class CountingStore(MemoryStore):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.gets = self.saves = 0

    async def get(self, kind, id_, /):
        self.gets += 1
        return await super().get(kind, id_)

    async def save(self, aggregate, entries: tuple[Entry, ...], records=()) -> bool:
        self.saves += 1
        return await super().save(aggregate, entries, records)


async def test_a_fact_keeps_the_event_and_its_place_in_the_log(room: Room) -> None:
    told = created("case", municipality="GM0917", sequence=4, offset=1041)

    await room.hear(told)

    [fact] = await room.facts()
    assert (fact.id, fact.topic, fact.event_type) == (id_("created case"), "case.created", "nl.arbeidsmarktdiensten.case-created.v1")
    assert (fact.case_id, fact.subject, fact.publisher) == (id_("case"), id_("case"), "intake")
    assert (fact.partition, fact.offset, fact.sequence) == (3, 1041, 4)
    assert (fact.correlation, fact.causation) == (id_("journey"), id_("cause of created case"))
    assert fact.trace == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert (fact.occurred_at, fact.recorded_at) == (told.event.occurred_at, room.clock.now())
    assert orjson.loads(fact.data)["municipalityCode"] == "GM0917"


async def test_a_new_fact_costs_one_write_and_no_read() -> None:
    store = CountingStore()
    room = Room(store=store)

    await room.hear(created("case"), attended("visit", "biometrics"))

    assert (store.gets, store.saves) == (0, 2)


async def test_an_event_delivered_again_leaves_one_fact(room: Room) -> None:
    await room.hear(*[created("case")] * 3)

    assert len(await room.facts()) == 1


async def test_an_event_delivered_again_after_a_restart_leaves_one_fact() -> None:
    store = CountingStore()
    await Room(store=store).hear(created("case"))

    await Room(store=store).hear(created("case"))

    assert len(await Room(store=store).facts()) == 1
    assert store.gets == 1, "the insert that lost is followed by one look"


async def test_an_event_told_again_with_another_mark_leaves_one_fact(room: Room) -> None:
    told = created("case")
    await room.hear(told)
    receiving.set(told.envelope)

    await room.runner.run(app.SUBSCRIBES[0], told.event, Origin(Mark("elsewhere", 7)))

    assert len(await room.facts()) == 1


async def test_ids_that_were_offered_long_ago_are_forgotten() -> None:
    facts = Facts(MemoryStore())
    for number in range(REMEMBERED + 10):
        await facts.offered_before(id_(str(number)))

    assert len(facts._offered) == REMEMBERED


async def test_the_bytes_of_a_parked_record_are_not_kept(room: Room) -> None:
    parked = IntakeParked.model_validate(
        {"occurred_at": "2026-11-10T09:00:00Z", "lane": "lane", "source_topic": "case.screened", "partition": 1, "offset": 2}
        | {"error": "Rejected", "attempts": 1, "trace": "00", "record": "bm90IGZvciByZXBvcnRpbmc="}
    )

    await room.hear(Told("parked", parked))

    [fact] = await room.facts()
    assert fact.case_id is None
    assert "bm90" not in fact.data
    assert "record" not in orjson.loads(fact.data)


def test_no_personal_topic_and_nothing_of_its_own_is_subscribed() -> None:
    subscribed = {on.message for on in app.SUBSCRIBES}

    assert party.PartyContactChanged not in subscribed
    assert not any(event.personal or event.publisher == "reporting" for event in subscribed)
    assert len(subscribed) == len([event for event in EVENTS.values() if not event.personal and event.publisher != "reporting"])


def test_the_map_publishes_what_may_follow() -> None:
    follows = {what for on in (*app.SUBSCRIBES, *app.STEPS, *app.COMMANDS) for what in on.leads_to}

    assert {what for what in follows if what in EVENTS.values()} == set(app.PUBLISHES)


def test_every_recorded_event_has_a_title_for_people() -> None:
    assert {event.topic for event in app.RECORDED} <= set(TITLES)


@pytest.mark.parametrize(
    ("told", "actor"), [(missed("a", "b"), "desk_ecmr_1"), (created("a"), "engineering-sponsor"), (attended("a", "b"), None)]
)
def test_the_actor_is_whoever_the_event_names(told: Told, actor: str | None) -> None:
    assert Fact.of(told.event, told.envelope, told.envelope.time).actor == actor


def test_facts_are_found_by_case_and_by_the_time_of_recording() -> None:
    assert Fact.indexes == (("case_id",), ("recorded_at",))
