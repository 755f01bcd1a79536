"""The log against what aggregates have counted: all of it, nothing else, in order."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from chaos.judge.derived import event_of
from chaos.judge.run import SERVICES, Run
from chaos.judge.verdict import Checks, Wrong

TELLING = {
    "intake": ("cases", "contacts", "lanes"),
    "scheduling": ("visits", "agendas", "lanes"),
    "notifications": ("messages", "visit_messages", "contacts", "lanes"),
    "reporting": ("indicators", "watches", "lanes"),
}
"""Facts tell nothing, and are as many as the log."""
EPOCH = 10**12
"""Sequences of one epoch: a store that was recovered numbers anew, above all that it may have used before."""
STEPS = "outbox"  # counts all entries of an aggregate, events and steps


class _Counted(NamedTuple):
    subject: str
    topic: str
    sequence: int


def saved_is_told(run: Run) -> Checks:
    """I3: the ids of events follow from aggregate, topic and number, so those of 1 to n can be asked for."""
    first, keys = run.log.first, _keys(run)
    for id_, one in _counted(run):
        yield (
            None
            if id_ in first
            else Wrong(keys.get(one.subject, one.subject), f"{one.topic} {one.sequence} of {one.subject} was saved and never told")
        )


def told_is_saved(run: Run) -> Checks:
    """I4: no ghosts; of a store that was put back to what it had been, what it told in between is not counted there any more."""
    saved, owners = {id_ for id_, _ in _counted(run)}, _owners(run)
    for one in run.log.first.values():
        yield (
            None
            if one.id in saved or run.is_lost(owners.get(one.subject, ""), one.timestamp / 1000)
            else Wrong(one.key, f"{one.topic} {one.sequence} of {one.subject} was told and never saved")
        )
    for place in run.log.strays:
        yield Wrong(None, f"{place} is no event and nobody's poison")


def events_keep_their_order(run: Run) -> Checks:
    """I5: first occurrences come 1, 2, 3 … by offset, and whatever has one key lies in partitions of one number."""
    last: Counter[tuple[str, str]] = Counter()
    partitions: dict[str, int] = {}
    for one in run.log.told:
        if run.log.first[one.id] is not one:
            continue
        source, before = (one.topic, one.subject), last[one.topic, one.subject]
        last[source] = one.sequence
        partition = partitions.setdefault(one.key, one.partition)
        if one.sequence - 1 not in {before, _base(one.sequence)} or one.sequence <= before:
            yield Wrong(one.key, f"{one.topic} {one.sequence} of {one.subject} was told after {before}")
        elif partition != one.partition:
            yield Wrong(one.key, f"{one.topic} {one.sequence} lies in partition {one.partition}, others of its key in {partition}")
        else:
            yield None


def repeats_are_equal(run: Run) -> Checks:
    """I5: a record that is told again is the same record."""
    for one in run.log.told:
        first = run.log.first[one.id]
        same = (first.topic, first.partition, first.key, first.value, first.sequence) == (
            one.topic,
            one.partition,
            one.key,
            one.value,
            one.sequence,
        )
        yield (
            None
            if same
            else Wrong(one.key, f"{one.topic} {one.sequence} of {one.subject} was told in two ways ({first.place}, {one.place})")
        )


def _counted(run: Run) -> Iterator[tuple[str, _Counted]]:
    for collection, id_, topic, number in _counts(run):
        for sequence in range(_base(number) + 1, number + 1):
            yield event_of(collection, id_, topic, sequence), _Counted(id_, topic, sequence)


def _base(number: int) -> int:
    """What every sequence of an epoch is above."""
    return (number - 1) // EPOCH * EPOCH if number else 0


def _owners(run: Run) -> dict[str, str]:
    """The service of each aggregate, where any was put back."""
    if not run.lost:
        return {}
    return {id_: service for service in SERVICES for one in TELLING[service] for id_ in run.store(service).of(one)}


def _counts(run: Run) -> Iterator[tuple[str, str, str, int]]:
    for owner, collection in ((service, one) for service in SERVICES for one in TELLING[service]):
        for document in run.store(owner).of(collection).values():
            yield from ((collection, document["id"], topic, number) for topic, number in document["told"].items() if topic != STEPS)


def _keys(run: Run) -> dict[str, str]:
    """The case of each aggregate that has one."""
    visits, messages = run.store("scheduling").of("visits"), run.store("notifications").of("messages")
    return {id_: document["case_id"] for id_, document in (*visits.items(), *messages.items())}
