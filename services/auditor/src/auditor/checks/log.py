"""What has to add up in the log itself, and between it and the cases that intake has taken."""

from auditor.answers import Asked
from auditor.checks.sentences import sentence
from auditor.fold import Slot

IN_A_ROW = 20  # letters that fell due one after the other, by which a standstill is noticed
MANY = 10  # of them without an outcome


def every_case_is_told(asked: Asked) -> list[str]:
    """Cases that intake lists and `case.created` in the log, by id."""
    taken, told = asked.answers.cases or {}, asked.fold.created
    untold = [id_ for id_, received in taken.items() if id_ not in told and asked.settled(received)]
    unknown = [id_ for id_, at in told.items() if id_ not in taken and asked.settled(at)]
    return [
        *sentence(untold, "cases were taken and the log has no case.created of them"),
        *sentence(unknown, "cases are in the log and intake does not list them"),
    ]


def every_desk_case_has_a_visit(asked: Asked) -> list[str]:
    """`case.screened` for a desk, and any word on its visit."""
    fold = asked.fold
    late = [id_ for id_, at in fold.wants_desk.items() if asked.settled(at) and id_ not in fold.planned | fold.closed]
    return sentence(late, "cases were screened for a desk and nothing was told of a visit")


def no_slot_is_given_twice(asked: Asked) -> list[str]:
    """Appointments of confirmed visits, by desk."""
    desks: dict[str, list[tuple[Slot, str]]] = {}
    for visit, plan in asked.fold.plans.items():
        for slot in plan.slots if plan.topic == "visit.confirmed" else ():
            if slot.appointment not in asked.fold.gone:
                desks.setdefault(slot.desk, []).append((slot, visit))
    found: list[str] = []
    for taken in desks.values():
        found += _overlapping(taken)
    return sentence(found, "visits hold a desk at a time at which another holds it")


def _overlapping(taken: list[tuple[Slot, str]]) -> list[str]:
    """Visits that begin at a desk before another has left it."""
    found, latest = [], None
    for slot, visit in sorted(taken, key=lambda one: one[0].starts):
        if latest is not None and slot.starts < latest[0].ends and visit != latest[1]:
            found.append(visit)
        if latest is None or slot.ends > latest[0].ends:
            latest = (slot, visit)
    return found


def every_letter_has_one_outcome(asked: Asked) -> list[str]:
    """`notification.requested` and what was told of each; letters wait for their time, and some are tried again for hours."""
    fold, waits = asked.fold, asked.now - asked.grace
    silent = {id_: letter for id_, letter in fold.letters.items() if id_ not in fold.outcomes and letter.due < waits}
    late = [id_ for id_, letter in silent.items() if letter.expires < waits or letter.due < waits - asked.retried]
    twice = [id_ for id_, outcomes in fold.outcomes.items() if outcomes.count("sent") > 1]
    return [
        *sentence(late, "letters have been due for longer than they are tried again, and nothing was told of them"),
        *sentence(twice, "letters were told to be sent more than once"),
    ]


def letters_do_not_stand_still(asked: Asked) -> list[str]:
    """Letters in the order in which they fell due: one that is tried again is silent for hours, most of a row at once are not."""
    due = sorted((letter.due, id_) for id_, letter in asked.fold.letters.items() if asked.settled(letter.due))
    silent = [(place, id_) for place, (_, id_) in enumerate(due) if id_ not in asked.fold.outcomes]
    rows = zip(silent, silent[MANY - 1 :], strict=False)
    stand = any(last - first < IN_A_ROW for (first, _), (last, _) in rows)
    return sentence([id_ for _, id_ in silent], "letters are due and have no outcome, among them most of a row") if stand else []


def numbers_have_no_gaps(asked: Asked) -> list[str]:
    """`ce_sequence` per subject and topic, each number for one event, and one content per event id."""
    return [
        *sentence(asked.fold.gaps, "sources have a gap in their numbers"),
        *sentence(asked.fold.reused, "sources gave a number to a second event"),
        *sentence(asked.fold.altered, "events were told with two contents"),
    ]


def what_is_no_event_is_set_aside(asked: Asked) -> list[str]:
    """Bytes that cannot be read, and what `<service>.parked` says of them."""
    fold = asked.fold
    lost = [place for place, written in fold.unreadable.items() if place not in fold.set_aside and asked.wall - written > asked.grace]
    named = [f"{topic}/{partition}@{offset}" for topic, partition, offset in lost]
    return sentence(named, "records are no event and no service has told that it set them aside")
