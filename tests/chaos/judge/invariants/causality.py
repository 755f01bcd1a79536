"""What came of what: by causation, by the times at which records were sent, and by traces."""

from chaos.judge.derived import visit_of
from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong

ROUNDING = 5  # milliseconds


def everything_has_its_cause(run: Run) -> Checks:
    """I16: the event that is named as the cause is in the log, and was sent before."""
    slack = ROUNDING + 1000 * run.skew
    for one in run.log.first.values():
        if one.causation is None:
            continue
        cause = run.log.first.get(one.causation)
        sentence = None
        if cause is None and one.causation not in run.log.poison_ids:
            sentence = f"{one.topic} {one.sequence} of {one.subject} follows from {one.causation}, which is not in the log"
        elif cause is not None and one.timestamp + slack < cause.timestamp:
            sentence = f"{one.topic} {one.sequence} of {one.subject} was sent before its cause, {cause.topic}"
        yield None if sentence is None else Wrong(one.key, sentence)


def message_after_visit_after_case(run: Run) -> Checks:
    """I16: no visit without a case that was screened before, no message without a case that was created before."""
    slack = ROUNDING + 1000 * run.skew
    screened, created = _earliest(run, "case.screened"), _earliest(run, "case.created")
    for one in run.events("visit.proposed", "visit.deferred"):
        right = one.subject == visit_of(one.key) and one.key in screened and screened[one.key] <= one.timestamp + slack
        yield None if right else Wrong(one.key, f"{one.topic} of visit {one.subject} comes before its case was screened, or of no case")
    for one in run.events("notification.requested"):
        right = one.key in created and created[one.key] <= one.timestamp + slack
        yield None if right else Wrong(one.key, f"message {one.subject} comes before its case, or of none")


def traces_go_on(run: Run) -> Checks:
    """I16: one trace from cause to effect, but where somebody's redrive has come between."""
    for one in run.log.first.values():
        cause = run.log.first.get(one.causation) if one.causation else None
        if cause is not None and not {one.key, cause.key} & run.stopped:
            yield (
                None
                if one.trace == cause.trace
                else Wrong(one.key, f"{one.topic} {one.sequence} of {one.subject} is not in the trace of {cause.topic}")
            )


def _earliest(run: Run, topic: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in run.events(topic):
        found[one.key] = min(one.timestamp, found.get(one.key, one.timestamp))
    return found
