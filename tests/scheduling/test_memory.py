"""The planner's memory: what it reads, believes and forgets."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.ids import derived
from scheduling.domain.agenda import Agenda
from scheduling.memory import Memory, Proposal
from scheduling.openings import Openings

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
DAY = date(2026, 11, 3)
DESK = "mosae_forum.ind.1"
PLACE = ("mosae_forum", DAY)


class Shelf:
    """Agendas that count how often they are read."""

    def __init__(self):
        self.agendas, self.reads, self.asked = {}, 0, 0

    async def find(self, location, first, after):
        self.reads += 1
        return [
            agenda.model_copy(deep=True) for agenda in self.agendas.values() if agenda.location == location and first <= agenda.day < after
        ]

    async def versions(self, location, first, after):
        self.asked += 1
        return {
            agenda.id: agenda.version for agenda in self.agendas.values() if agenda.location == location and first <= agenda.day < after
        }

    def put(self, version, **fields):
        agenda = Agenda.of("mosae_forum", DAY)
        agenda.version = version
        self.agendas[agenda.id] = agenda.model_copy(update=fields)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def memory(region, shelf):
    return Memory(shelf.find, shelf.versions, Openings(region), timedelta(seconds=5), timedelta(seconds=60))


def is_free(memory, start=600, end=630):
    bits = Openings.bits(memory._openings, start, end)
    return memory.free(*PLACE).free[DESK] & bits == bits


async def look(memory, now=NOW):
    await memory.refresh(now, now.date(), now.date() + timedelta(days=60), ["mosae_forum"])


async def test_agendas_are_asked_for_again_when_they_are_stale_and_read_when_they_have_changed(memory, shelf):
    shelf.put(1)
    await look(memory)
    await look(memory, NOW + timedelta(seconds=4))
    assert (shelf.asked, shelf.reads) == (1, 1)

    await look(memory, NOW + timedelta(seconds=5))
    assert (shelf.asked, shelf.reads) == (2, 1)
    shelf.put(2)
    await look(memory, NOW + timedelta(seconds=10))

    assert (shelf.asked, shelf.reads) == (3, 2)


async def test_what_is_proposed_and_never_claimed_is_forgotten_where_one_day_is_asked_for(memory):
    await look(memory)
    memory.propose(derived(1), Proposal(PLACE, 1, ((DESK, 600, 630),), NOW))

    memory.forget_unclaimed(PLACE, NOW + timedelta(seconds=60))
    assert not is_free(memory)
    memory.forget_unclaimed(PLACE, NOW + timedelta(seconds=61))

    assert is_free(memory)


async def test_what_is_proposed_is_offered_to_nobody_else(memory):
    await look(memory)
    assert is_free(memory)

    memory.propose(derived(1), Proposal(PLACE, 1, ((DESK, 600, 630),), NOW))

    assert not is_free(memory)
    memory.forget(derived(1))
    assert is_free(memory)


async def test_a_proposal_is_believed_until_its_claim_is_seen_and_then_the_agenda_is(memory, shelf):
    await look(memory)
    memory.propose(derived(1), Proposal(PLACE, 2, ((DESK, 600, 630),), NOW))

    shelf.put(1, taken={derived(1): (1, ((DESK, 700, 730),))})  # an earlier plan of the same visit: not what was proposed
    await look(memory, NOW + timedelta(seconds=6))
    assert (is_free(memory), is_free(memory, 700, 730)) == (False, False)

    shelf.put(2, taken={derived(1): (2, ((DESK, 600, 630),))})
    await look(memory, NOW + timedelta(seconds=12))
    shelf.put(3, taken={})
    await look(memory, NOW + timedelta(seconds=18))

    assert (is_free(memory), is_free(memory, 700, 730)) == (True, True)


async def test_a_proposal_that_is_never_claimed_is_forgotten(memory):
    await look(memory)
    memory.propose(derived(1), Proposal(PLACE, 1, ((DESK, 600, 630),), NOW))

    await look(memory, NOW + timedelta(seconds=59))
    assert not is_free(memory)
    await look(memory, NOW + timedelta(seconds=66))

    assert is_free(memory)


async def test_what_was_claimed_and_given_back_elsewhere_is_free_again(memory, shelf):
    """Another process has taken the slots back before this one read the agenda: it must not hide them from those who wait."""
    await look(memory)
    memory.propose(derived(1), Proposal(PLACE, 2, ((DESK, 600, 630),), NOW))
    memory.decided(derived(1), 2, version=1)
    assert not is_free(memory)

    shelf.put(2, taken={})
    await memory.look_again(*PLACE)

    assert is_free(memory)


async def test_a_decided_proposal_is_believed_until_the_agenda_that_decided_it_is_read(memory, shelf):
    await look(memory)
    memory.propose(derived(1), Proposal(PLACE, 2, ((DESK, 600, 630),), NOW))
    memory.decided(derived(1), 1, version=1)  # of an earlier plan: says nothing of this one
    shelf.put(1, taken={})
    await memory.look_again(*PLACE)
    assert not is_free(memory)

    memory.decided(derived(1), 2, version=3)
    shelf.put(2, taken={})
    await memory.look_again(*PLACE)

    assert not is_free(memory)


async def test_an_older_reading_does_not_undo_a_newer_one(memory, shelf):
    shelf.put(7, taken={derived(1): (1, ((DESK, 600, 630),))})
    await look(memory)
    stale = Agenda.of("mosae_forum", DAY)
    stale.version = 6

    memory.saw(stale)

    assert not is_free(memory)


async def test_closed_desks_have_no_room_and_extra_hours_give_some(memory, shelf):
    shelf.put(1, closed={DESK: "flood"}, extra=((DESK, 1200, 1260), ("mosae_forum.ind.2", 1200, 1260)))
    await look(memory)
    free = memory.free(*PLACE).free
    evening = Openings.bits(memory._openings, 1200, 1260)

    assert free[DESK] == 0
    assert free["mosae_forum.ind.2"] & evening == evening


async def test_a_closed_location_has_no_room_at_all(memory, shelf):
    shelf.put(1, closed={"*": "flood"})
    await look(memory)

    assert not any(memory.free(*PLACE).free.values())
    assert memory.is_closed(*PLACE)


async def test_days_that_are_over_are_forgotten(memory, shelf):
    shelf.put(1, taken={derived(1): (1, ((DESK, 600, 630),))})
    await look(memory)
    memory.free(*PLACE)

    await look(memory, NOW + timedelta(days=2))

    assert memory._seen == {}
    assert memory._days == {}
