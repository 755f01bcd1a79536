"""Messages, by the provider's ledger, the log and the copy of notifications' store."""

from collections import Counter

from chaos.judge.derived import message_of
from chaos.judge.invariants.planning import PLANNED
from chaos.judge.run import Run
from chaos.judge.stores import Document
from chaos.judge.verdict import Checks, Wrong

ABOUT_A_PLAN = frozenset({"visit_confirmed", "visit_reminder"})
HANDING_OVER = 30.0  # seconds that one letter may be under way between the last look and the provider's answer
CONNECTIONS, REPLICAS = 8, 2
"""Of one process to the provider, and processes of notifications."""
ENDS = frozenset({"sigkill", "sigstop", "restart"})
FINAL = ("notification.sent", "notification.suppressed", "notification.failed")


def letters_go_once(run: Run) -> Checks:
    """I8: each is taken once, and once more for each time that staff asked for it; and what counts as sent was."""
    messages = run.store("notifications").of("messages")
    for id_ in run.taken.keys() | messages.keys():
        times, asked, message = run.taken[id_], run.resent[id_], messages.get(id_)
        sentence = None
        if message is None:
            sentence = f"letter {id_} was handed over, which no message asked for"
        elif times > 1 + asked:
            sentence = f"letter {id_} ({message['template']}) was taken {times} times, and asked for again {asked} times"
        elif message["state"] == "sent" and times == 0:
            sentence = f"message {id_} counts as sent and was never taken"
        elif message["state"] in {"failed", "suppressed"} and times and not asked:
            sentence = f"message {id_} counts as {message['state']} and was taken"
        yield None if sentence is None else Wrong(message["case_id"] if message else None, sentence)


def few_are_lost(run: Run) -> Checks:
    """I8: unknown without ever having come to the provider is only what was in hand when a process of notifications ended or stood still.

    A wire that fails between a connection and its provider leaves as many in each replica: their last word was sent, and got no answer.
    """
    messages = run.store("notifications").of("messages")
    lost = [one for id_, one in messages.items() if one["state"] == "unknown" and not run.handed_over[id_]]
    ends = sum(fault["fault"] in ENDS and fault["target"].startswith("notifications") for fault in run.faults)
    wires = sum(fault["fault"].startswith("wire") and fault["target"] == "smtp" for fault in run.faults)
    stands = sum(fault["fault"] == "mail_standstill" for fault in run.faults)
    most = CONNECTIONS * (ends + REPLICAS * (wires + stands))
    sentence = f"{len(lost)} messages are unknown and never came to the provider, at most {most} may"
    for number, one in enumerate(lost, 1):
        yield Wrong(one["case_id"], sentence) if number > most else None
    for _ in range(len(messages) - len(lost)):
        yield None


def one_outcome_per_message(run: Run) -> Checks:
    """I8: of each message one end is told, once more for each time that staff asked; before it `unknown` at most once for each attempt."""
    ends: Counter[str] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    for one in run.events(*FINAL):
        unknown = one.data.get("outcome") == "unknown"
        ends[one.subject] += not unknown
        told[one.subject, "unknown" if unknown else one.topic.rpartition(".")[2]] += 1
    for id_, message in run.store("notifications").of("messages").items():
        most, state = 1 + run.resent[id_], message["state"]
        if ends[id_] > most or told[id_, "unknown"] > message["attempt"]:
            yield Wrong(message["case_id"], f"of message {id_} {ends[id_]} ends and {told[id_, 'unknown']} times unknown are told")
        elif state in {"sent", "suppressed", "failed", "unknown"} and not told[id_, state]:
            yield Wrong(message["case_id"], f"message {id_} is {state} and nobody was told")
        else:
            yield None


def nothing_goes_that_is_off(run: Run) -> Checks:
    """I8: word of a plan is not taken once there is word of a newer one, beyond what was in the provider's hands already.

    The newer word's own request, by the time at which its record was sent, shows from when on it was known.
    """
    words, requested = _words(run), {one.subject: one.timestamp / 1000 for one in run.events("notification.requested")}
    grace = HANDING_OVER + _longest_stop(run)
    messages = run.store("notifications").of("messages")
    for line in run.mail:
        message = messages.get(line["notification_id"])
        if message is None or message["template"] not in ABOUT_A_PLAN or not line["act"].startswith("accepted"):
            continue
        visit, revision = message["facts"]["visit_id"], message["facts"]["revision"]
        known = [requested[id_] for id_, newest in words.get(visit, ()) if newest > 2 * revision and id_ in requested]
        late = known and line["at"] > min(known) + grace
        yield (
            Wrong(
                message["case_id"], f"a {message['template']} of visit {visit} was taken {line['at'] - min(known):.0f} s after newer word"
            )
            if late
            else None
        )


def messages_are_settled(run: Run) -> Checks:
    """I8, I9: each has its outcome or its hour."""
    for id_, message in run.store("notifications").of("messages").items():
        under_way = message["state"] == "sending" or (message["state"] == "requested" and not message["waiting"])
        wrong = under_way and message["case_id"] not in run.held
        yield Wrong(message["case_id"], f"message {id_} ({message['template']}) is {message['state']} for ever") if wrong else None


def everybody_was_told(run: Run) -> Checks:
    """I9: every case of its receipt, every case that has ended of that, every visit that stands of its time."""
    messages = run.store("notifications").of("messages")
    wanted = [(one.key, message_of("submission_received", one.key)) for one in run.events("case.created")]
    wanted += [(one.key, message_of("case_closed", one.key)) for one in run.events("case.closed") if one.data["result"] != "referred"]
    for visit in run.store("scheduling").of("visits").values():
        if visit["stage"] in PLANNED and all(one["state"] != "cancelled" for one in visit["appointments"]):
            wanted.append((visit["case_id"], message_of("visit_confirmed", visit["id"], visit["revision"])))
    for case, id_ in wanted:
        yield None if id_ in messages or case in run.held else Wrong(case, f"message {id_} should have been asked for and was not")


def _words(run: Run) -> dict[str, list[tuple[str, int]]]:
    """What has been said of each visit: message and place in order, a cancellation of a revision after its confirmation."""
    words: dict[str, list[tuple[str, int]]] = {}
    for id_, message in run.store("notifications").of("messages").items():
        place = _place(message)
        if place is not None:
            words.setdefault(message["facts"]["visit_id"], []).append((id_, place))
    return words


def _place(message: Document) -> int | None:
    if message["template"] == "visit_cancelled":
        return 2 * int(message["facts"]["revision"]) + 1
    return 2 * int(message["facts"]["revision"]) if message["template"] == "visit_confirmed" else None


def _longest_stop(run: Run) -> float:
    """A process that stands still may still hold a letter that was right when it looked."""
    stopped: dict[str, float] = {}
    longest = 0.0
    for fault in run.faults:
        if fault["fault"] == "sigstop":
            stopped[fault["target"]] = fault["at"]
        elif fault["fault"] == "sigcont" and fault["target"] in stopped:
            longest = max(longest, fault["at"] - stopped.pop(fault["target"]))
    return longest
