"""A clean run, spoiled in one respect: for each invariant one way at least, under the name that it must be noticed by."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from chaos.clean_run import HALF_PAST_TEN, Household, clean, household
from chaos.judge.derived import derived, lane_of, message_of
from chaos.run_folder import RunFolder, Source, moment
from chaos.spoiled_outages import SPOILED_OUTAGES

Spoil = Callable[[RunFolder], None]
GONE, WAITS, DONE = household("gone", HALF_PAST_TEN), household("waits", HALF_PAST_TEN), household("done", HALF_PAST_TEN + 1800)


def without(run: RunFolder, topic: str, one: Household) -> None:
    """An event that never came into the log."""
    run.ledgers["log"] = [line for line in run.ledgers["log"] if (line["topic"], line["key"]) != (topic, one.case.id)]


def told(run: RunFolder, topic: str, key: str) -> dict[str, Any]:
    """The first record of a topic under a key."""
    return next(line for line in run.ledgers["log"] if (line["topic"], line["key"]) == (topic, key))


def swapped(run: RunFolder) -> None:
    first, second = (told(run, topic, WAITS.case.id) for topic in ("case.created", "case.screened"))
    run.document("intake", "cases", WAITS.case.id)["told"] |= {"case.created": 2}
    first["headers"] |= {"ce_id": derived("cases", WAITS.case.id, "case.created", 2), "ce_sequence": "2"}
    second["offset"] += 0


def elsewhere(run: RunFolder) -> None:
    line = told(run, "visit.confirmed", WAITS.case.id)
    line["partition"] = (line["partition"] + 1) % 12


def told_in_two_ways(run: RunFolder) -> None:
    again = dict(told(run, "visit.confirmed", WAITS.case.id))
    run.ledgers["log"].append(again | {"offset": again["offset"] + 90, "value": b64encode(b"{}").decode()})


def taken_in_late(run: RunFolder) -> None:
    run.keep("reporting", "facts", "f1", topic="case.created", subject=DONE.case.id, sequence=2, recorded_at=moment(1))


def given_twice(run: RunFolder) -> None:
    agenda = next(one for (_, collection, _), one in run.documents.items() if collection == "agendas")
    agenda["taken"][GONE.visit.id] = agenda["taken"][WAITS.visit.id]


def given_to_nobody(run: RunFolder) -> None:
    next(one for (_, collection, _), one in run.documents.items() if collection == "agendas")["taken"].pop(DONE.visit.id)


def held_by_two(run: RunFolder) -> None:
    """The slot of the cancelled visit was given away before."""
    line = told(run, "appointment.booked", WAITS.case.id)
    line["timestamp"] = told(run, "appointment.booked", GONE.case.id)["timestamp"] + 1


def sent_twice(run: RunFolder) -> None:
    run.ledgers["mail"].append(dict(run.ledgers["mail"][0]))


def lost_on_the_way(run: RunFolder) -> None:
    """More than there are connections, without anything having happened to notifications."""
    id_ = message_of("case_closed", DONE.case.id)
    run.document("notifications", "messages", id_)["state"] = "unknown"
    run.ledgers["mail"] = [line for line in run.ledgers["mail"] if line["notification_id"] != id_]


def two_ends(run: RunFolder) -> None:
    id_ = message_of("submission_received", DONE.case.id)
    run.tell(Source("notifications", "messages", id_, DONE.case.id), "notification.suppressed", messageId=id_)


def off_and_sent(run: RunFolder) -> None:
    id_ = message_of("visit_confirmed", GONE.visit.id, 1)
    next(line for line in run.ledgers["mail"] if line["notification_id"] == id_)["at"] += 600


def figure_too_high(run: RunFolder) -> None:
    run.ledgers["indicators"][0]["body"]["total"]["n"] += 1


def group_forgotten(run: RunFolder) -> None:
    run.ledgers["indicators"][0]["body"]["groups"] = []


def event_not_listed(run: RunFolder) -> None:
    run.ledgers["indicators"][0]["events"].pop()


def behind(run: RunFolder) -> None:
    next(place for place in run.groups["intake"].values() if place["end"])["committed"] = 0


def parked_for_nothing(run: RunFolder) -> None:
    record = {"topic": "case.closed", "partition": 0, "offset": 5, "headers": []}
    run.keep(
        *("scheduling", "lanes", lane_of(WAITS.case.id)),
        name=WAITS.case.id,
        kind="messages",
        state="parked",
        error="Contended",
        records=[record],
    )


def said(run: RunFolder, word: str) -> None:
    run.output["intake-1.log"] += f'{{"reason": "{word}"}}\n'


def before_its_cause(run: RunFolder) -> None:
    told(run, "visit.confirmed", WAITS.case.id)["timestamp"] -= 60_000


def before_its_case(run: RunFolder) -> None:
    told(run, "case.screened", WAITS.case.id)["timestamp"] += 60_000


def in_another_trace(run: RunFolder) -> None:
    told(run, "visit.confirmed", WAITS.case.id)["headers"]["traceparent"] = f"00-{'9' * 32}-{'2' * 16}-00"


def stored(service: str, collection: str, id_: str, **change: Any) -> Spoil:
    """An aggregate that says something else."""
    return lambda run: run.document(service, collection, id_).update(change)


SPOILED: tuple[tuple[str, Spoil], ...] = (
    ("every 202 is one case", stored("intake", "cases", DONE.case.id, fingerprint="1" * 64)),
    ("every 202 is one case", lambda run: run.documents.pop(("intake", "cases", DONE.case.id))),
    ("every 202 is one case", lambda run: run.ledgers["statuses"].pop()),
    ("every deed that was promised is in the log", lambda run: without(run, "appointment.started", DONE)),
    ("refused is nothing, unknown is one case or none", stored("intake", "cases", DONE.case.id, fingerprint="0" * 64)),
    ("refused is nothing, unknown is one case or none", lambda run: run.keep("intake", "cases", "c1", status="rejected", fingerprint="")),
    ("what was saved is in the log", lambda run: without(run, "visit.confirmed", WAITS)),
    ("what is in the log was saved", lambda run: run.document("scheduling", "visits", WAITS.visit.id)["told"].pop("visit.confirmed")),
    ("what is in the log was saved", lambda run: run.record("case.closed", "nobody", {}, b"{}")),
    ("per source 1, 2, 3 …, in one partition", swapped),
    ("per source 1, 2, 3 …, in one partition", elsewhere),
    ("repeats are byte-equal", told_in_two_ways),
    ("sources are taken in in their order", taken_in_late),
    ("outboxes are empty", lambda run: run.outbox.append(("scheduling", "visits", WAITS.visit.id))),
    ("outboxes are empty", lambda run: run.metrics.update({"intake-1": "loket_outbox_aggregates 1.0\nloket_outbox_age_seconds 0.0\n"})),
    ("no slot is given twice", given_twice),
    ("what agendas give is what visits hold", given_to_nobody),
    ("no household is half planned", stored("scheduling", "visits", WAITS.visit.id, wanted=[{"formality_id": "a"}, {"formality_id": "b"}])),
    ("no household is half planned", stored("scheduling", "visits", GONE.visit.id, stage="proposed")),
    ("slots change hands one after the other", held_by_two),
    ("day lists are what visits hold", lambda run: run.ledgers["lists"][0]["body"]["appointments"].pop()),
    ("letters go once", sent_twice),
    ("letters go once", lambda run: run.ledgers["mail"].pop()),
    ("letters go once", lambda run: run.ledgers["mail"][0].update(notification_id="m1")),
    ("no more is unknown and was never handed over", lost_on_the_way),
    ("one outcome per message", two_ends),
    ("nothing goes that is off", off_and_sent),
    ("no message is under way for ever", stored("notifications", "messages", message_of("case_closed", DONE.case.id), state="sending")),
    ("who is to hear has been told", lambda run: run.documents.pop(("notifications", "messages", message_of("case_closed", DONE.case.id)))),
    ("facts are the events of the log", lambda run: run.documents.pop(next(key for key in run.documents if key[1] == "facts"))),
    ("facts are the events of the log", taken_in_late),
    ("indicators are a recount of the log", figure_too_high),
    ("indicators are a recount of the log", group_forgotten),
    ("indicators are a recount of the log", event_not_listed),
    ("timelines are the log", lambda run: run.ledgers["timelines"][0]["body"]["items"].pop()),
    ("every group has committed the end", behind),
    ("each poison is kept once by each who hears it", lambda run: run.ledgers["poison"][0].update(group=["scheduling"])),
    (
        "each poison is kept once by each who hears it",
        lambda run: run.ledgers["poison"][0].update(group=["scheduling", "reporting", "intake"]),
    ),
    ("nothing else is kept", parked_for_nothing),
    ("personal values stay where they belong", lambda run: said(run, "canary-7 was here")),
    ("everything has its cause", before_its_cause),
    ("everything has its cause", lambda run: without(run, "case.screened", WAITS)),
    ("message after visit after case", before_its_case),
    ("what follows is in the trace of its cause", in_another_trace),
    ("drained within 60 s of the last fault", lambda run: run.run.update(drained=None)),
    ("drained within 60 s of the last fault", lambda run: run.run.update(drained=run.run["faults_ended"] + 61)),
    ("cases have come to their end", stored("intake", "cases", DONE.case.id, status="in_progress")),
    ("cases have come to their end", stored("intake", "cases", WAITS.case.id, status="screening")),
    ("partners see what the store holds", lambda run: run.ledgers["statuses"][0]["body"].update(status="received")),
    *SPOILED_OUTAGES,
)


def spoiled(spoil: Spoil) -> RunFolder:
    """A clean run that is not clean any more."""
    run = clean()
    spoil(run)
    return run
