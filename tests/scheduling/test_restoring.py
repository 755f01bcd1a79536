"""A store from an earlier time is brought to where its own events say that it was; nobody is given what others were promised."""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.cloudevents import Received
from common.envelope import Envelope
from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import (
    CancelAppointment,
    CancelVisit,
    CheckIn,
    CloseDesk,
    CompleteAppointment,
    RecordNoShow,
    StartAppointment,
)
from scheduling.domain.plan import visit_id
from scheduling.domain.visit import Stage, Visit
from scheduling.restoring import RestoringVisits


def received(event: Any, number: int, now: Any) -> Received:
    envelope = Envelope(uuid4(), "", event.case_id, now, number, number, None, None, "", event.topic, 0, number)
    return Received(event, envelope)


async def everything(store: Any) -> tuple[dict[UUID, Any], dict[UUID, Any]]:
    """What matters of visits and agendas: what was promised to whom, and what is taken."""
    visits = await store.find(Visit, {}, limit=1000)
    agendas = await store.find(Agenda, {}, limit=1000)
    promised = {
        one.id: (one.stage, one.revision, one.location, one.day, one.wanted, [dict(part) for part in one.appointments]) for one in visits
    }
    return promised, {one.id: one.taken for one in agendas if one.taken}


async def a_busy_week(scene: Any, cases: list[Any]) -> None:
    """Attended, missed, cancelled as a whole, in part and for another day, replanned by a closed desk, never touched."""
    visits = [await scene.visit(case) for case in cases]
    attended, missed, off, partly, moved = visits[:5]
    await scene.ask(CancelVisit(visit_id=off.id, by="client", reason_code="ill", rebook=False))
    await scene.ask(CancelAppointment(visit_id=partly.id, appointment_id=partly.appointments[0].id, by="client", reason_code="ill"))
    await scene.ask(CancelVisit(visit_id=moved.id, by="client", reason_code="ill", rebook=True))
    last = visits[-1]
    await scene.ask(CloseDesk(location=last.location, day=last.day, desk=last.appointments[0].desk, reason_code="ill"))
    attended, missed = [await scene.visit(case) for case in cases[:2]]
    await scene.wait(timedelta(days=(max(attended.day, missed.day) - scene.clock.now().date()).days, hours=1))
    for one in attended.appointments:
        about = {"visit_id": attended.id, "appointment_id": one.id}
        await scene.ask(CheckIn(**about, documents_complete=True))
        await scene.ask(StartAppointment(**about))
        await scene.ask(CompleteAppointment(**about, outcome="settled", follow_up_needed=False))
    await scene.ask(RecordNoShow(visit_id=missed.id, appointment_id=missed.appointments[0].id, recorded_by="desk-7"))


@pytest.mark.parametrize("backup_after", [0, 3, 6])
async def test_visits_and_agendas_are_as_they_were_told_last(scene, backup_after):
    cases, log = [scene.case("brp_first_registration", "document_collection") for _ in range(9)], []
    for case in cases[:backup_after]:
        await scene.hear(case)
    backup = deepcopy(scene.store)
    for case in cases[backup_after:]:
        await scene.hear(case)
    await a_busy_week(scene, cases)
    log = [received(event, number, scene.clock.now()) for number, event in enumerate([*cases, *scene.stage.told], 1)]

    restoring = RestoringVisits()
    for one in log:
        if one.event.topic in restoring.topics:
            restoring.hear(one)
    await restoring.restore(backup, scene.clock)

    (promised, taken), (truth, truly_taken) = await everything(backup), await everything(scene.store)
    assert {id_: _without_moments(one) for id_, one in promised.items()} == {id_: _without_moments(one) for id_, one in truth.items()}
    assert taken == truly_taken
    again = await everything(backup)
    await restoring.restore(backup, scene.clock)
    assert await everything(backup) == again


async def test_a_visit_that_was_only_proposed_is_planned_anew(scene):
    case = scene.case("brp_first_registration")
    backup = deepcopy(scene.store)
    await scene.hear(case)
    restoring = RestoringVisits()
    for number, event in enumerate([case, *scene.stage.told[:1]], 1):  # its confirmation was never told
        restoring.hear(received(event, number, scene.clock.now()))
    await restoring.restore(backup, scene.clock)

    scene.store.__dict__.update(backup.__dict__)
    assert (await scene.visit(case)).stage is Stage.DEFERRED
    await scene.wait(timedelta(0))

    visit = await scene.visit(case)
    assert (visit.stage, visit.revision, visit.id) == (Stage.CONFIRMED, 2, visit_id(case.case_id))
    assert await scene.holders(visit.day, visit.location) == {visit.id}


def _without_moments(promised: tuple[Any, ...]) -> tuple[Any, ...]:
    """When somebody was called is told by no event, and when others ended by the event's own time."""
    *rest, appointments = promised
    return (*rest, [{name: value for name, value in one.items() if name not in {"called_at", "ended_at"}} for one in appointments])
