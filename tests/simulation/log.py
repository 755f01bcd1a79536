"""A log as Kafka keeps it: topics of partitions, records in the order in which they arrived, and nothing ever taken back."""

from collections.abc import Callable, Iterator
from zlib import crc32

from chassis import FakeRecord

from common.cloudevents import Outgoing
from simulation.history import History

PARTITIONS = 3  # the same for all topics, as on the real thing; fewer, so that cases meet


class LogRecord(FakeRecord):
    """A record as Kafka's client hands it over, and as a history tells of it."""

    def header(self, name: str) -> str:
        """A header in words; empty when it is not there."""
        return (dict(self.headers).get(name) or b"").decode()


class SimulatedLog:
    """Survives everything; whoever listens is woken when a record has come."""

    def __init__(self, history: History) -> None:
        self._places: dict[tuple[str, int], list[LogRecord]] = {}
        self._history = history
        self._listeners: dict[object, Callable[[str], None]] = {}

    def append(self, who: str, out: Outgoing) -> None:
        """Put a record at the end of the partition of its key."""
        partition = crc32(out.key) % PARTITIONS
        place = self._places.setdefault((out.topic, partition), [])
        record = LogRecord(out.topic, partition, len(place), out.key, out.value, tuple(out.headers))
        place.append(record)
        self._history.note(who, f"tells {out.topic} {record.header('ce_sequence')} at {partition}@{record.offset}", out.key.decode())
        for listener in list(self._listeners.values()):
            listener(out.topic)

    def listen(self, who: object, wake: Callable[[str], None]) -> None:
        """Be woken at each record."""
        self._listeners[who] = wake

    def forget(self, who: object) -> None:
        """Be woken no more."""
        self._listeners.pop(who, None)

    def read(self, topic: str, partition: int, start: int, most: int) -> list[LogRecord]:
        """Records of a partition from an offset on."""
        return self._places.get((topic, partition), [])[start : start + most]

    def end(self, topic: str, partition: int) -> int:
        """The offset of the next record."""
        return len(self._places.get((topic, partition), ()))

    def __iter__(self) -> Iterator[LogRecord]:
        for place in self._places.values():
            yield from place
