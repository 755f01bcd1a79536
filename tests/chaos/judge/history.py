"""The history of one case, from all ledgers: what was asked, told, sent and done to the processes meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chaos.judge.run import Line, Run
from chaos.judge.stores import Document

AROUND = 20.0  # seconds before a case's first line and after its last in which faults are told
MOST = 60  # lines


def history(run: Run, case: str) -> list[str]:
    """In the order of real time; the stores' last word comes at the end."""
    messages = {id_ for id_, message in run.store("notifications").of("messages").items() if message["case_id"] == case}
    lines = [*_calls(run, case), *_events(run, case), *_mail(run, messages)]
    if lines:
        since, until = min(at for at, _ in lines) - AROUND, max(at for at, _ in lines) + AROUND
        lines += [
            (fault["at"], f"fault  {_said(fault, 'fault', 'target', 'seconds', 'detail')}")
            for fault in run.faults
            if since < fault["at"] < until
        ]
    told = [f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3] + f"  {line}" for at, line in sorted(lines)]
    left_out = [f"… {len(told) - MOST} lines are left out …"] if len(told) > MOST else []
    return [*told[: MOST // 2], *left_out, *told[-MOST // 2 :], *_kept(run, case)] if left_out else [*told, *_kept(run, case)]


def _calls(run: Run, case: str) -> Iterator[tuple[float, str]]:
    for call in (
        *run.submissions.get(case, ()),
        *(one for one in run.calls if one["kind"] != "submit" and case in (one.get("case_id"), one.get("lane_id"))),
    ):
        yield call["at"], f"call   {call['n']} {call['kind']} {_said(call, 'intent', 'appointment_id', 'visit_id', 'message_id')}"
        if call["ended"] is not None:
            yield call["ended"], f"answer {call['n']} {call['outcome']} {call['status']}"


def _events(run: Run, case: str) -> Iterator[tuple[float, str]]:
    for one in run.log.told:
        if case in (one.key, one.subject):
            yield one.timestamp / 1000, f"event  {one.topic} {one.sequence} of {one.subject} at {one.partition}/{one.offset}"


def _mail(run: Run, messages: set[str]) -> Iterator[tuple[float, str]]:
    for line in run.mail:
        if line["notification_id"] in messages:
            yield line["at"], f"mail   {line['notification_id']} {line['act']}"


def _kept(run: Run, case: str) -> Iterator[str]:
    for stored in run.store("intake").of("cases").values():
        if stored["id"] == case:
            yield f"intake         case {stored['status']}, version {stored['version']}"
    for visit in _of(run, "scheduling", "visits", case):
        states = ", ".join(f"{one['id']} {one['state']}" for one in visit["appointments"])
        yield f"scheduling     visit {visit['id']} {visit['stage']}, revision {visit['revision']}: {states}"
    for message in _of(run, "notifications", "messages", case):
        yield f"notifications  {message['template']} {message['id']} {message['state']} {message['reason_code'] or ''}"
    yield from _lanes(run, case)


def _lanes(run: Run, case: str) -> Iterator[str]:
    for service, lane in run.lanes:
        if lane["name"].endswith(case):
            yield f"{service:<14} lane {lane['name']} {lane['state']} ({lane['error']}), {len(lane['records'])} records"


def _of(run: Run, service: str, collection: str, case: str) -> list[Document]:
    return [document for document in run.store(service).of(collection).values() if document["case_id"] == case]


def _said(line: Line, *names: str) -> str:
    found: list[Any] = [line[name] for name in names if line.get(name) is not None]
    return " ".join(map(str, found))
