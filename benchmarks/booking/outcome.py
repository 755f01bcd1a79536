"""What must hold of a store when all clients have finished; read from outside, by what visits and agendas say."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common.store.port import Store
from scheduling.domain.agenda import Agenda
from scheduling.domain.visit import Stage, Visit

MOST = 100_000


class Outcome(NamedTuple):
    """How many slots are booked and how many of them twice, and every sentence that does not hold."""

    bookings: int
    twice: int
    waiting: int
    faults: list[str]


async def outcome(store: Store, slots: int) -> Outcome:
    """Compare visits with agendas, and bookings with slots."""
    visits, agendas = await store.find(Visit, {}, limit=MOST), await store.find(Agenda, {}, limit=MOST)
    confirmed = [visit for visit in visits if visit.stage is Stage.CONFIRMED]
    booked = Counter((visit.location, visit.day, *visit.slot(one)[:2]) for visit in confirmed for one in visit.appointments)
    bookings, twice = sum(booked.values()), sum(count > 1 for count in booked.values())
    waiting = sum(visit.stage is Stage.DEFERRED for visit in visits)
    faults = [f"slot {slot} is booked {count} times" for slot, count in booked.items() if count > 1]
    faults += [f"visit {visit.id} hangs: {visit.stage}" for visit in visits if visit.stage not in {Stage.CONFIRMED, Stage.DEFERRED}]
    faults += [f"visit {visit.id} is half planned" for visit in confirmed if _is_half_planned(visit)]
    faults += _claims(visits, agendas)
    if min(slots, (len(confirmed) + waiting) * 2) != bookings:
        faults.append(f"{bookings} bookings of {slots} slots, while {waiting} households wait")
    return Outcome(bookings, twice, waiting, faults)


def _is_half_planned(visit: Visit) -> bool:
    planned = [formality for one in visit.appointments for formality in one.formalities]
    return sorted(planned) != sorted(formality.formality_id for formality in visit.wanted)


def _claims(visits: Sequence[Visit], agendas: Sequence[Agenda]) -> Iterator[str]:
    """Each claim belongs to a visit that stands, and each visit that stands has its claim."""
    promised = {
        (visit.id, visit.location, visit.day): (visit.revision, tuple(visit.slot(one) for one in visit.appointments))
        for visit in visits
        if visit.stage is Stage.CONFIRMED
    }
    claimed = {(owner, agenda.location, agenda.day): held for agenda in agendas for owner, held in agenda.taken.items()}
    for key in promised.keys() | claimed.keys():
        if promised.get(key) != claimed.get(key):
            yield f"visit {key[0]} on {key[2]}: promised {promised.get(key)}, claimed {claimed.get(key)}"
