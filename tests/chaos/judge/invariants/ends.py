"""That everything comes to rest, and where."""

from chaos.judge.derived import visit_of
from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong

PATIENCE = 60.0  # seconds
CLOSED = frozenset({"completed", "rejected", "withdrawn", "referred"})


def drained_in_time(run: Run) -> Checks:
    """I17: all faults healed, all work done."""
    drained, ended = run.about.get("drained"), run.about["faults_ended"]
    if drained is None:
        yield Wrong(None, "the platform has not drained")
    else:
        late = drained - ended > PATIENCE
        yield Wrong(None, f"the platform has drained {drained - ended:.0f} s after the last fault") if late else None


def cases_have_come_to_their_end(run: Run) -> Checks:
    """I17: what the desks have done is what intake knows; nobody is left on the way."""
    visits = run.store("scheduling").of("visits")
    for case in run.store("intake").of("cases").values():
        visit = visits.get(visit_of(case["id"]))
        sentence = None
        if case["id"] in run.held:
            pass
        elif case["status"] in {"received", "screening"}:
            sentence = f"a case is {case['status']} for ever"
        elif case["status"] in {"accepted", "planned", "in_progress"}:
            sentence = _beside(case["status"], visit and visit["stage"])
        elif case["status"] in CLOSED - {"completed"} and visit is not None and visit["stage"] in {"confirmed", "deferred"}:
            sentence = f"a case is {case['status']} and its visit {visit['stage']}"
        yield None if sentence is None else Wrong(case["id"], sentence)


def _beside(status: str, stage: str | None) -> str | None:
    """What is wrong with an open case beside its visit."""
    if stage is None:
        return f"a case is {status} and has no visit"
    if stage == "completed":
        return "a visit has settled everything and the case is open"
    apart = (stage == "confirmed" and status != "planned") or (status == "planned" and stage not in {"confirmed", "under_way"})
    return f"a visit is {stage} and the case {status}" if apart else None


def statuses_are_the_store(run: Run) -> Checks:
    """What the address of a submission says is what is stored."""
    cases = run.store("intake").of("cases")
    for line in run.lines("statuses"):
        expected = cases[line["case_id"]]["status"] if line["case_id"] in cases else "registered"
        said = (line["body"] or {}).get("status")
        yield None if said == expected else Wrong(line["case_id"], f"the partner is told {said}, the store says {expected}")
