"""From a case that needs a desk to a visit that is confirmed: choose, claim, confirm or choose again."""

from common.errors import Conflict, NotFound
from common.events.case import CaseScreened
from scheduling.domain.commands import PlanVisit
from scheduling.domain.plan import visit_id
from scheduling.domain.steps import ChooseAgain, ConfirmVisit, RetryVisit
from scheduling.domain.visit import NOT_BEGUN, By, Cancellation, Stage, Visit
from scheduling.ports import Ports

AT_A_DESK = frozenset({"one_stop", "desk"})


async def request_visit(case: CaseScreened, ports: Ports) -> Visit | None:
    """A case that needs desks gets its visit; a screening that comes again with other formalities changes the plan."""
    if case.route not in AT_A_DESK or case.outcome != "accepted" or not case.formalities:
        return None
    visit = await ports.visits.get(visit_id(case.case_id))
    if visit is None:
        return await plan(Visit.for_case(case), ports)
    if visit.wanted == case.formalities or visit.stage not in NOT_BEGUN:
        return None
    visit.wanted, visit.not_before = case.formalities, case.not_before
    return await plan_anew(visit, "formalities_changed", ports)


async def plan_visit(command: PlanVisit, ports: Ports) -> Visit | None:
    """Somebody has chosen a day with the household: the visit moves there, or stays as it is where the day has no room.

    Who is overtaken before the agenda has given the slots gets the next best time, as everybody does.
    """
    visit = await ports.visits.get(command.visit_id)
    if visit is None:
        raise NotFound("There is no such visit.")
    if visit.stage not in NOT_BEGUN:
        raise Conflict(f"A visit that is {visit.stage.value} is not planned any more.")
    if (visit.location, visit.day) == (command.location, command.day):
        return None
    await ports.diary.look_again(command.location, command.day)
    now = ports.clock.now()
    if visit.appointments:
        _give_up(visit, "moved", ports, "desk")
    chosen = await ports.diary.choose_on(visit.wish(), command.location, command.day, now)
    if chosen is None:
        raise Conflict("This visit does not fit on this day at this location.")
    return visit.propose(chosen, now)


async def confirm_visit(step: ConfirmVisit, ports: Ports) -> Visit | None:
    """A visit that has all its slots is confirmed; one that does not want them any more gives them back."""
    visit = await ports.visits.get(step.visit_id)
    return None if visit is None else visit.confirm(step, ports.clock.now())


async def choose_again(step: ChooseAgain, ports: Ports) -> Visit | None:
    """A visit that lost a race tries its next best time."""
    visit = await ports.visits.get(step.visit_id)
    if visit is None or visit.stage is not Stage.PROPOSED or visit.revision != step.revision:
        return None
    return await plan(visit, ports)


async def retry_visit(step: RetryVisit, ports: Ports) -> Visit | None:
    """A visit that waited tries again: time has brought other days."""
    visit = await ports.visits.get(step.visit_id)
    return None if visit is None or visit.stage is not Stage.DEFERRED else await plan(visit, ports)


async def plan(visit: Visit, ports: Ports) -> Visit:
    """Choose the best time there is, and write the intention down."""
    now = ports.clock.now()
    return visit.settle(await ports.diary.choose(visit.wish(), now), now)


async def plan_anew(visit: Visit, reason: str, ports: Ports) -> Visit:
    """Cancel what was planned, on our own account, and choose again."""
    if visit.appointments:
        _give_up(visit, reason, ports)
    return await plan(visit, ports)


def _give_up(visit: Visit, reason: str, ports: Ports, by: By = "system") -> None:
    assert visit.location is not None
    assert visit.day is not None
    now = ports.clock.now()
    visit.cancel(Cancellation(by, reason, ports.diary.notice(visit.location, visit.day, now)), now, replanned=True)
