"""What agendas do: give slots and take them back, close and open, and offer what has become free to those who wait."""

from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import AddHours, CloseDesk, LiftClosure
from scheduling.domain.plan import agenda_id
from scheduling.domain.steps import ClaimSlots, OfferCapacity, ReleaseSlots
from scheduling.domain.visit import Visit
from scheduling.ports import Ports

MOST_ASKED = 500  # visits that wait; who comes after them is found by its own timer


async def claim_slots(step: ClaimSlots, ports: Ports) -> Agenda | None:
    """The agenda gives a visit all its slots or none; who loses chooses with what the agenda says now."""
    agenda = await ports.agendas.get(step.agenda_id) or Agenda.of(step.location, step.day)
    if not agenda.claim(step):
        ports.diary.saw(agenda)
    ports.diary.decided(step.visit_id, step.revision, agenda.version + 1)
    return agenda


async def release_slots(step: ReleaseSlots, ports: Ports) -> Agenda | None:
    """The agenda takes back what a visit does not need."""
    agenda = await ports.agendas.get(step.agenda_id)
    return None if agenda is None else agenda.release(step)


async def close_desk(command: CloseDesk, ports: Ports) -> Agenda | None:
    """A desk or a location is closed on a day; whoever has been given it looks for another time."""
    agenda = await ports.agendas.get(agenda_id(command.location, command.day)) or Agenda.of(command.location, command.day)
    return agenda.close(command.desk, command.reason_code)


async def lift_closure(command: LiftClosure, ports: Ports) -> Agenda | None:
    """A closure holds no longer; whoever waits may have the day."""
    agenda = await ports.agendas.get(agenda_id(command.location, command.day))
    return None if agenda is None else agenda.reopen(command.desk)


async def add_hours(command: AddHours, ports: Ports) -> Agenda | None:
    """A desk opens in addition; whoever waits may have it."""
    agenda = await ports.agendas.get(agenda_id(command.location, command.day)) or Agenda.of(command.location, command.day)
    return agenda.add_hours(command.desk, command.start, command.end)


async def offer_capacity(step: OfferCapacity, ports: Ports) -> Visit | None:
    """Of those who wait, the one who asked first and fits on the day may have it; then the next is asked."""
    await ports.diary.look_again(step.location, step.day)
    now, asked = ports.clock.now(), 0
    while asked < MOST_ASKED and (waiting := await ports.visits.longest_waiting(asked)):
        for visit in waiting:
            plan = await ports.diary.choose_on(visit.wish(), step.location, step.day, now)
            if plan is not None:
                return visit.propose(plan, now).then(step)
        asked += len(waiting)
    return None
