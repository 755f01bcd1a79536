"""A case whose next step was given up waits for a case worker, until it goes on."""

from common.given_up import GiveUp, StepGivenUp
from intake.domain.case import Case

from .bench import event


async def test_a_case_whose_screening_was_given_up_is_on_the_case_workers_list(desk, fast_track):
    id_ = (await desk.hand_in(event(fast_track()))).json()["id"]
    assert (await desk.worker("GET", "/v1/cases", attention="step_given_up")).json()["total"] == 0

    await desk.service._give_up(StepGivenUp(collection=Case.collection, id=id_, step="ScreenCase", reason=GiveUp.CANNOT_BE_MENDED))

    listed = (await desk.worker("GET", "/v1/cases", attention="step_given_up")).json()
    assert [(case["id"], case["attention"]) for case in listed["cases"]] == [(id_, "step_given_up")]
