"""What one partner's submissions, all of which are accepted and then fail, do to others: nothing."""

from chaos.judge.run import HOSTILE, Line, Run
from chaos.judge.verdict import Checks, Wrong

MANY = 24
"""Parked lanes after which each of two replicas has as many as the rig allows a partner (12)."""
HEARD = 10.0
"""Seconds in which replicas hear of them."""
EXPLAINED = 30.0
"""Seconds after a fault in which an answer 503, or none, is owed to it."""
UNANSWERED = 0.1
"""Share of calls without an answer that a busy machine explains."""
TOO_MANY, AWAY = 429, 503


def others_are_accepted(run: Run) -> Checks:
    """I19: nobody else is asked to wait because of him."""
    calls = [call for call in run.calls if call["kind"] == "submit" and call["partner"] != HOSTILE and not _explained(run, call)]
    for call in calls:
        wrong = call["status"] == TOO_MANY or (call["status"] or 0) >= 500
        yield Wrong(None, f"call {call['n']} of {call['partner']} was answered {call['status']}") if wrong else None
    silent = sum(call["status"] is None for call in calls)
    wrong = silent > UNANSWERED * len(calls)
    yield Wrong(None, f"{silent} of {len(calls)} calls of others had no answer") if wrong else None


def _explained(run: Run, call: Line) -> bool:
    return any(fault["at"] - EXPLAINED < call["at"] < fault["at"] + EXPLAINED for fault in run.faults)


def he_is_asked_to_wait(run: Run) -> Checks:
    """I19: once so many of his lanes wait for somebody, he himself is answered 429, or 503, and not before."""
    parked = sorted(one.timestamp / 1000 for one in run.events("intake.parked") if one.data["lane"].rpartition("/")[2] in run.hostile)
    if len(parked) < MANY:
        return
    since = parked[MANY - 1] + HEARD
    for call in run.calls:
        if call["kind"] == "submit" and call["partner"] == HOSTILE and call["intent"].startswith("hostile"):
            wrong = call["outcome"] == "ok" and since < call["at"] < run.about["faults_ended"]
            yield Wrong(None, f"call {call['n']} of {HOSTILE} was taken, of whom {MANY} lanes were parked") if wrong else None


def the_breaker_stays_closed(run: Run) -> Checks:
    """I19: it is one partner's cases that are wrong, and not all of them."""
    for look in run.looks:
        if look["breaker"] is not None:
            yield Wrong(None, f"the breaker of {look['replica']} was open at {look['at']:.0f}") if look["breaker"] else None
