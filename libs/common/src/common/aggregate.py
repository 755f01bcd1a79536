"""A thing that changes as a whole, together with what follows from the change."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, SkipValidation

from common.events.base import Event, Step
from common.events.codes import refuse_numbers


class Mark(NamedTuple):
    """Where a message stands among those of its source: the `sequence`-th of `source`."""

    source: str
    sequence: int


class How(StrEnum):
    """How what follows is carried out."""

    TELL = "tell"  # to Kafka, at least once, in order
    THEN = "then"  # to this service, at least once, in order
    ONCE = "once"  # to this service, at most once: taken out before it runs


class Follow(NamedTuple):
    """Something that follows from a change."""

    how: How
    what: Event | Step


T = TypeVar("T")
Unsaved = Annotated[SkipValidation[T], Field(exclude=True, repr=False)]
"""A field that only the runner reads and no store keeps; a private attribute would cost three times as much at each reading."""


class Waiting(BaseModel):
    """A step that waits until its time has come; an aggregate holds at most one of a kind."""

    due: datetime
    step: dict[str, object]
    trace: str = ""
    causation: UUID | None = None


class Aggregate(BaseModel):
    """State that is saved in one write with everything that follows from its change."""

    collection: ClassVar[str]
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Fields that `find` may ask for, each tuple an index; UUIDs, strings, integers, dates or UTC moments."""

    id: UUID
    version: int = 0
    correlation: UUID | None = None
    applied: dict[str, int] = Field(default_factory=dict)
    told: dict[str, int] = Field(default_factory=dict)
    waiting: dict[str, Waiting] = Field(default_factory=dict)

    caused: Unsaved[list[Follow]] = Field(default_factory=list)
    set_to_wait: Unsaved[list[type[Step]]] = Field(default_factory=list)

    def tell(self, event: Event) -> Self:
        """Let everybody know, once this change is saved."""
        refuse_numbers(event)
        return self._follow(How.TELL, event)

    def then(self, step: Step) -> Self:
        """Go on with `step` in this service; it may run again after a crash."""
        return self._follow(How.THEN, step)

    def once(self, step: Step) -> Self:
        """Do what must never be done twice; pair it with an `at` that settles an unknown outcome."""
        return self._follow(How.ONCE, step)

    def at(self, due: datetime, step: Step) -> Self:
        """Go on with `step` when the clock says so; it takes the place of a waiting step of the same kind."""
        self.set_to_wait.append(type(step))
        self.waiting[type(step).__name__] = Waiting(due=due, step=step.model_dump(mode="json"))
        return self

    def forget(self, kind: type[Step]) -> Self:
        """Let no waiting step of this kind run any more."""
        self.waiting.pop(kind.__name__, None)
        return self

    def next_due(self) -> datetime | None:
        """When the first waiting step wants to run."""
        return min(waiting.due for waiting in self.waiting.values()) if self.waiting else None

    def due_at(self, now: datetime) -> list[tuple[str, Waiting]]:
        """The waiting steps whose time has come, the earliest first."""
        due = [(name, waiting) for name, waiting in self.waiting.items() if waiting.due <= now]
        return sorted(due, key=lambda one: one[1].due)

    def has_applied(self, mark: Mark) -> bool:
        """Whether the message with this mark, or a later one of its source, has changed this already."""
        return self.applied.get(mark.source, 0) >= mark.sequence

    def apply(self, mark: Mark) -> None:
        """Remember the message with this change."""
        self.applied[mark.source] = mark.sequence

    def next_sequence(self, stream: str, base: int = 0) -> int:
        """Count what this aggregate tells: 1, 2, 3 … per topic, and per `outbox`; above `base`, that of the store's epoch."""
        self.told[stream] = sequence = max(self.told.get(stream, 0), base) + 1
        return sequence

    def follows(self) -> list[Follow]:
        """What the change caused, in order; asked once, by the runner."""
        follows = self.caused
        if follows:
            self.caused = []
        return follows

    def armed(self) -> list[type[Step]]:
        """The kinds of step that the change has set to wait; asked once, by the runner."""
        armed = self.set_to_wait
        if armed:
            self.set_to_wait = []
        return armed

    def _follow(self, how: How, what: Event | Step) -> Self:
        self.caused.append(Follow(how, what))
        return self
