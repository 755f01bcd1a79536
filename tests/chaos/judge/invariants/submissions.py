"""What was promised to partners and desks, against what is there."""

from chaos.judge.run import Line, Run
from chaos.judge.verdict import Checks, Wrong

DEEDS = {
    "check_in": ("appointment.checked-in", "appointmentId"),
    "start": ("appointment.started", "appointmentId"),
    "complete": ("appointment.completed", "appointmentId"),
    "no_show": ("appointment.no-show", "appointmentId"),
    "decision": ("permit.decided", "caseId"),
    "withdraw": ("case.closed", "caseId"),
}
"""The event that must be in the log when a call was answered with 2xx, and the field that says about what."""
NAMED = {"appointmentId": "appointment_id", "caseId": "case_id", "visitId": "visit_id"}


def promised_submissions_are_cases(run: Run) -> Checks:
    """I1: under the id that the 202 gave, with the bytes that were promised, created once, and asked for by its address."""
    handed_in = run.store("intake").of("cases") | run.store("intake").of("contacts")
    created = _times_told(run, "case.created")
    answers = {line["case_id"]: line["status_code"] for line in run.lines("statuses")}
    for case, calls in run.submissions.items():
        for call in calls:
            if call["outcome"] == "ok":
                yield _kept_promise(case, call, handed_in.get(case), created.get(case, 0), answers.get(case))


def _kept_promise(case: str, call: Line, stored: Line | None, created: int, answer: int | None) -> Wrong | None:
    if call.get("case_id") != case:
        return Wrong(
            case, f"the 202 of call {call['n']} names {call.get('case_id')} instead of the id that follows from partner, source and id"
        )
    if stored is None:
        return Wrong(case, f"call {call['n']} was promised and is no case")
    if stored["fingerprint"] != call["fingerprint"]:
        return Wrong(case, f"call {call['n']} was promised and other bytes are kept")
    if created != ("case_type" in stored):
        return Wrong(case, f"a case is created {created} times")
    return None if answer == 200 else Wrong(case, f"its status address answers {answer}")


def nothing_comes_from_nowhere(run: Run) -> Checks:
    """I2: what is stored was handed in with these very bytes, by a call that was not refused."""
    offered = {case: {call["fingerprint"] for call in calls if call["outcome"] != "refused"} for case, calls in run.submissions.items()}
    for stored in (*run.store("intake").of("cases").values(), *run.store("intake").of("contacts").values()):
        bytes_offered = offered.get(stored["id"])
        if bytes_offered is None:
            yield Wrong(stored["id"], "a case that nobody handed in")
        elif stored["fingerprint"] not in bytes_offered:
            yield Wrong(stored["id"], "a case whose bytes were refused, or never handed in")
        else:
            yield None


def promised_deeds_are_told(run: Run) -> Checks:
    """I1: what a desk or a case worker was told is done has its event; a repeated call has that of the first.

    A case that was closed before it was screened leaves a visit of which nobody ever spoke: there is nothing to call off.
    """
    spoken_of = {one.subject for topic in ("visit.proposed", "visit.deferred", "visit.cancelled") for one in run.events(topic)}
    told = {(topic, field): {one.data[field] for one in run.events(topic)} for topic, field in set(DEEDS.values())}
    told |= {("appointment.cancelled", "appointmentId"): {one.data["appointmentId"] for one in run.events("appointment.cancelled")}}
    told |= {("visit.cancelled", "visitId"): {one.subject for one in run.events("visit.cancelled")}}
    for call in run.calls:
        if call["outcome"] != "ok" or (deed := _deed(call)) is None:
            continue
        id_ = call.get(NAMED[deed[1]])
        if id_ is not None and (deed[0] != "visit.cancelled" or id_ in spoken_of):
            yield (
                None
                if id_ in told[deed]
                else Wrong(call.get("case_id") or id_, f"call {call['n']} ({call['kind']}) was promised, and no {deed[0]} says so")
            )


def _deed(call: Line) -> tuple[str, str] | None:
    if call["kind"] == "cancel":
        return ("appointment.cancelled", "appointmentId") if call.get("appointment_id") else ("visit.cancelled", "visitId")
    return DEEDS.get(call["kind"])


def _times_told(run: Run, topic: str) -> dict[str, int]:
    times: dict[str, int] = {}
    for one in run.events(topic):
        times[one.key] = times.get(one.key, 0) + 1
    return times
