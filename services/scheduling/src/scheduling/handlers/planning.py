"""From a case that needs a desk to a visit that is confirmed: choose, claim, confirm or choose again."""

from common.events.case import CaseScreened
from scheduling.domain.plan import visit_id
from scheduling.domain.steps import ChooseAgain, ConfirmVisit, RetryVisit
from scheduling.domain.visit import NOT_BEGUN, Cancellation, Stage, Visit
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
    now = ports.clock.now()
    if visit.appointments:
        assert visit.location is not None
        assert visit.day is not None
        notice = ports.diary.notice(visit.location, visit.day, now)
        visit.cancel(Cancellation("system", reason, notice), now, replanned=True)
    return await plan(visit, ports)
