"""What must hold once a storm is over and everything has drained; each check gives the case (if any) and a sentence for what is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from common.aggregate import Aggregate
from common.events.catalogue import EVENTS
from common.ids import derived
from common.lanes import Kind, Lane
from common.processing.record import ProcessingRecord
from intake.domain.case import Case
from intake.domain.contact import Contact
from notifications.domain import Message, State, Template, VisitMessages, message_id
from reporting.app import RECORDED
from reporting.domain import Fact, Indicator
from scheduling.domain.agenda import Agenda
from scheduling.domain.appointment import State as Appointed
from scheduling.domain.plan import overlaps
from scheduling.domain.visit import Stage, Visit
from simulation.log import LogRecord

if TYPE_CHECKING:
    from simulation.world import World

Wrong = tuple[str | None, str]
TOLD_KINDS: dict[str, tuple[type[Aggregate], ...]] = {
    "intake": (Case, Contact, Lane),
    "scheduling": (Visit, Agenda, Lane),
    "notifications": (Message, VisitMessages, Lane),
    "reporting": (Indicator, Lane),
}
PLANNED = frozenset({Stage.CONFIRMED, Stage.UNDER_WAY, Stage.COMPLETED, Stage.PARTLY_COMPLETED, Stage.MISSED})


def promised_submissions_are_cases(world: "World") -> Iterator[Wrong]:
    """I1, I2: each 202 is one case with the bytes that were promised; no case without a submission."""
    cases = {case.id: case for case in world.stores["intake"].all(Case)}
    for id_, fingerprint in world.ledger.promised.items():
        if id_ not in cases or cases[id_].fingerprint != fingerprint:
            yield str(id_), "a submission was promised and is no case, or another one"
    for id_ in cases.keys() - world.ledger.offered:
        yield str(id_), "a case that nobody handed in"


def the_log_is_what_was_saved(world: "World") -> Iterator[Wrong]:
    """I3, I4: every event that an aggregate has counted is in the log, and nothing else is."""
    saved = {told.id: told for told in _saved(world)}
    logged = {UUID(record.header("ce_id")): record for record in events(world)}
    for id_ in sorted(saved.keys() - logged.keys()):
        yield str(saved[id_].subject), f"{saved[id_].topic} {saved[id_].sequence} was saved and never told"
    for id_ in sorted(logged.keys() - saved.keys()):
        record = logged[id_]
        yield record.header("ce_subject"), f"{record.topic} {record.header('ce_sequence')} was told and never saved"


def events_keep_their_order(world: "World") -> Iterator[Wrong]:
    """I5: per source the first occurrences come 1, 2, 3 … in one partition, and repetitions have the same bytes."""
    last: Counter[tuple[str, str]] = Counter()
    values: dict[str, tuple[int, bytes | None]] = {}
    for record in events(world):
        id_, source, sequence = record.header("ce_id"), (record.topic, record.header("ce_subject")), int(record.header("ce_sequence"))
        if id_ in values:
            if values[id_] != (record.partition, record.value):
                yield source[1], f"{record.topic} {sequence} was told in two ways"
            continue
        values[id_] = (record.partition, record.value)
        if sequence != last[source] + 1:
            yield source[1], f"{record.topic} {sequence} was told after {last[source]}"
        last[source] = sequence


def every_service_has_settled_every_event(world: "World") -> Iterator[Wrong]:
    """I11: what a service subscribes to it has settled, whatever was committed."""
    for service, topics in world.topics.items():
        settled = world.ledger.settled.get(service, set())
        for record in events(world):
            if record.topic in topics and UUID(record.header("ce_id")) not in settled:
                yield record.header("ce_subject"), f"{service} has never handled {record.topic} {record.header('ce_sequence')}"


def lanes_keep_their_order(world: "World") -> Iterator[Wrong]:
    """Per source every service handles 1, 2, 3 …, parked or not."""
    yield from world.ledger.disorder


def repetitions_change_nothing(world: "World") -> Iterator[Wrong]:
    """Effectively once: however often a message comes, it changes one thing, once."""
    for (service, mark), times in world.ledger.applied.items():
        if times > 1:
            yield mark.source.rpartition("/")[2], f"{service} has applied {mark.source} {mark.sequence} {times} times"


def no_slot_is_given_twice(world: "World") -> Iterator[Wrong]:
    """I7: slots of an agenda overlap nowhere, and what it has given is what visits have been promised."""
    visits = {visit.id: visit for visit in world.stores["scheduling"].all(Visit)}
    given = {}
    for agenda in world.stores["scheduling"].all(Agenda):
        for owner, (_, slots) in agenda.taken.items():
            others = [slot for other, (_, held) in agenda.taken.items() if other != owner for slot in held]
            if overlaps(slots, others):
                yield str(owner), f"{agenda.location} {agenda.day} gives a slot twice"
            given[owner, agenda.location, agenda.day] = sorted(slots)
    wanted = {(visit.id, visit.location, visit.day): held for visit in visits.values() if (held := _held(visit))}
    for claim in given.keys() | wanted.keys():
        if given.get(claim) != wanted.get(claim):
            yield str(claim[0]), f"holds {given.get(claim)} at {claim[1]} on {claim[2]} and was promised {wanted.get(claim)}"


def visits_settle_everything(world: "World") -> Iterator[Wrong]:
    """No household is half planned, or left without an answer."""
    for visit in world.stores["scheduling"].all(Visit):
        planned = {formality for one in visit.appointments for formality in one.formalities}
        if visit.stage in PLANNED and planned != {one.formality_id for one in visit.wanted}:
            yield str(visit.id), "a visit is planned for some of its formalities only"
        if visit.stage in {Stage.REQUESTED, Stage.PROPOSED}:
            yield str(visit.id), f"a visit is {visit.stage} for ever"


def letters_go_once(world: "World") -> Iterator[Wrong]:
    """I8: a provider that does not know letters again gets each once, and once more for each time that staff asked for it."""
    messages = {message.id: message for message in world.stores["notifications"].all(Message)}
    for id_, times in world.provider.accepted.items():
        if times > 1 + world.ledger.resent[id_]:
            yield str(id_), f"a letter was handed over {times} times"
        if id_ not in messages:
            yield str(id_), "a letter was handed over that no message asked for"
    for id_, message in messages.items():
        if message.state is State.SENT and not world.provider.accepted[id_]:
            yield str(id_), "a message counts as sent and was never handed over"


def messages_are_settled(world: "World") -> Iterator[Wrong]:
    """I8, I9: every message has its outcome or its hour, and every visit that stands was announced."""
    messages = {message.id: message for message in world.stores["notifications"].all(Message)}
    for message in messages.values():
        if message.state is State.SENDING or (message.state is State.REQUESTED and not message.waiting):
            yield str(message.id), f"a message is {message.state} for ever"
    for visit in world.stores["scheduling"].all(Visit):
        told = message_id(Template.VISIT_CONFIRMED, visit.id, visit.revision)
        if visit.stage in PLANNED and told not in messages and not any(one.state is Appointed.CANCELLED for one in visit.appointments):
            yield str(visit.id), "a visit stands and nobody was told"


def figures_are_the_log(world: "World") -> Iterator[Wrong]:
    """I10: one fact for each distinct event."""
    topics = {event.topic for event in RECORDED}
    told = {UUID(record.header("ce_id")) for record in events(world) if record.topic in topics}
    facts = {fact.id for fact in world.stores["reporting"].all(Fact)}
    if told != facts:
        yield None, f"{len(told - facts)} events are no facts, {len(facts - told)} facts are no events"


def only_the_poisoned_is_parked(world: "World") -> Iterator[Wrong]:
    """I12: a lane was parked only where something was spoiled."""
    spoiled = {(poison.service, poison.key or "") for poison in world.ledger.poisons}
    steps = {service for service, key in spoiled if key.startswith("{")}
    for service, lane in _lanes(world):
        if lane.kind is Kind.MESSAGES and (service, lane.name) not in spoiled:
            yield lane.name, f"{service} has parked a lane in which nothing was wrong ({lane.error})"
        if lane.kind is Kind.STEPS and service not in steps:
            yield lane.name, f"{service} has parked an aggregate with which nothing was wrong ({lane.error})"


def what_is_no_event_is_in_quarantine(world: "World") -> Iterator[Wrong]:
    """In every service that heard it, and nothing else is."""
    for service, topics in world.topics.items():
        litter = {f"quarantine/{topic}/{partition}/{offset}" for topic, partition, offset in world.ledger.garbage if topic in topics}
        found = {lane.name for where, lane in _lanes(world) if where == service and lane.kind is Kind.QUARANTINE}
        if found != litter:
            yield None, f"{service} has in quarantine {sorted(found)} instead of {sorted(litter)}"


def cases_have_come_to_their_end(world: "World") -> Iterator[Wrong]:
    """What the desks have done is what intake knows."""
    visits = {visit.case_id: visit for visit in world.stores["scheduling"].all(Visit)}
    for case in world.stores["intake"].all(Case):
        visit = visits.get(case.id)
        if case.status in {"received", "screening"}:
            yield str(case.id), f"a case is {case.status} for ever"
        if visit is None or case.closed:
            continue
        if visit.stage is Stage.COMPLETED:
            yield str(case.id), "a visit has settled everything and the case is open"
        if (visit.stage is Stage.CONFIRMED) != (case.status == "planned"):
            yield str(case.id), f"a visit is {visit.stage} and the case {case.status}"


def personal_data_leaves_records(world: "World") -> Iterator[Wrong]:
    """A submission that was stored has its processing record."""
    found = {record.id for record in world.stores["intake"].all(ProcessingRecord)}
    for case in world.stores["intake"].all(Case):
        if case.subjects() and derived("processing", "submission_taken", case.collection, case.id, 1) not in found:
            yield str(case.id), "a submission was stored and not recorded"


INVARIANTS: tuple[Callable[["World"], Iterator[Wrong]], ...] = (
    promised_submissions_are_cases,
    the_log_is_what_was_saved,
    events_keep_their_order,
    lanes_keep_their_order,
    every_service_has_settled_every_event,
    repetitions_change_nothing,
    no_slot_is_given_twice,
    visits_settle_everything,
    letters_go_once,
    messages_are_settled,
    figures_are_the_log,
    only_the_poisoned_is_parked,
    what_is_no_event_is_in_quarantine,
    cases_have_come_to_their_end,
    personal_data_leaves_records,
)


def events(world: "World") -> Iterator[LogRecord]:
    """Every record of the log that is an event."""
    return (record for record in world.log if record.value != b"{")


class _Told(NamedTuple):
    """An event that an aggregate has counted."""

    id: UUID
    subject: UUID
    topic: str
    sequence: int


def _saved(world: "World") -> Iterator[_Told]:
    for one in [one for service, kinds in TOLD_KINDS.items() for kind in kinds for one in world.stores[service].all(kind)]:
        for topic in one.told.keys() & EVENTS.keys():
            for number in range(1, one.told[topic] + 1):
                yield _Told(derived(one.collection, one.id, topic, number), one.id, topic, number)


def _lanes(world: "World") -> list[tuple[str, Lane]]:
    return [(service, lane) for service, store in world.stores.items() for lane in store.all(Lane)]


def _held(visit: Visit) -> list[tuple[str, int, int]]:
    if visit.stage not in PLANNED:
        return []
    return sorted(visit.slot(one) for one in visit.appointments if one.state is not Appointed.CANCELLED)
