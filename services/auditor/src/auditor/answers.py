"""What a look at a platform gives: the log, and what Kafka and the services say of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from auditor.fold import Fold


class Group(NamedTuple):
    """A consumer group, by Kafka's own word at two looks and by that of its service between them."""

    behind: int
    """Records before it at the second look."""
    passed_over: int
    """Records that lay before it at the first look and were still not read at the second."""
    stands: bool
    """Whether it has read nothing between the looks although it is behind."""
    members: int
    """Replicas that read, at the look that found more of them."""


class Waiting(NamedTuple):
    """A lane that a service lists as parked."""

    kind: str
    since: datetime


class Listed(NamedTuple):
    """An appointment on the day list of a desk."""

    case: str
    state: str
    starts: datetime
    ends: datetime


class Completeness(NamedTuple):
    """What reporting says of a figure whose period is over."""

    complete: bool
    records_behind: int | None


DeskDay = tuple[str, str]  # desk, local day


@dataclass
class Answers:
    """Each field answers one question; None: nobody could be asked. `silent` says of each question who did not answer."""

    fold: Fold | None = None
    cases: Mapping[str, datetime] | None = None
    """Every case that intake lists, and when it was received; asked before the log was read."""
    timelines: dict[str, int | None] = field(default_factory=dict)
    """Events of some cases by reporting; None: it knows no such case."""
    day_lists: dict[DeskDay, Mapping[str, Listed]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    gauges: dict[str, Mapping[str, float]] = field(default_factory=dict)
    lanes: dict[str, Sequence[Waiting]] = field(default_factory=dict)
    completeness: Completeness | None = None
    silent: dict[str, list[str]] = field(default_factory=dict)

    def note(self, question: str, sentence: str) -> None:
        """Somebody did not answer, or not with what can be read."""
        said = self.silent.setdefault(question, [])
        if sentence not in said:
            said.append(sentence)


class Asked(NamedTuple):
    """Everything that a check may look at; what is younger than `grace` at the start of the look may still be under way."""

    answers: Answers
    now: datetime
    """When the look began, by the platform's clock."""
    wall: datetime
    """The same by the machine's clock, which Kafka stamps records with."""
    grace: timedelta
    retried: timedelta
    """How long a letter may be tried again."""

    @property
    def fold(self) -> Fold:
        """The log; only for checks that need it."""
        assert self.answers.fold is not None
        return self.answers.fold

    def settled(self, moment: datetime) -> bool:
        """Whether something is old enough to have come to its end."""
        return self.now - moment > self.grace

    def settled_case(self, case: str) -> bool:
        """Whether the log knows a case and nothing was told of it lately, up to when the services had been asked."""
        latest = self.fold.latest.get(case)
        return latest is not None and self.settled(latest)
