"""Which handler listens to which message, and what may follow from it: the map that `app.py` of each service is made of."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Event, Message, Step

M = TypeVar("M", bound=Message)
P = TypeVar("P")
M_contra = TypeVar("M_contra", bound=Message, contravariant=True)
P_contra = TypeVar("P_contra", contravariant=True)


class Handler(Protocol[M_contra, P_contra]):
    """Decides what a message changes, and returns that one aggregate, or None."""

    def __call__(self, message: M_contra, ports: P_contra, /) -> Awaitable[Aggregate | None]: ...


class Act(Protocol[M_contra, P_contra]):
    """Does something to the outer world that must not be done twice, and returns the step that records what came of it."""

    def __call__(self, message: M_contra, ports: P_contra, /) -> Awaitable[Step]: ...


@dataclass(frozen=True)
class Processing:
    """That a message processes personal data: a record is written with the change, for each person."""

    action: str
    """Its key in the register of processing activities."""
    whose: Callable[[Any, Any], Iterable[UUID]]
    """Whose data, by the aggregate as changed and by the message."""
    occasion: Callable[[Any], object] | None = None
    """What makes it one and the same processing, where several messages may tell of it; else each message is one."""
    failed: Callable[[Any], bool] | None = None
    """Whether the message says that it went wrong."""


@dataclass(frozen=True)
class On(Generic[P]):
    """A kind of message, the handler for it, and the messages that may follow."""

    message: type[Message]
    handler: Handler[Any, P]
    leads_to: frozenset[type[Event] | type[Step]] = field(default_factory=frozenset)
    alone: Callable[[Any], Hashable] | None = None
    first: bool = False
    processing: Processing | None = None


def on(
    message: type[M],
    handler: Handler[M, P],
    *leads_to: type[Event] | type[Step],
    alone: Callable[[M], Hashable] | None = None,
    first: bool = False,
    processing: Processing | None = None,
) -> On[P]:
    """Pair a message with a handler that takes it; the type checker refuses any other.

    `leads_to` names every event and step that may follow; anything else is a bug, caught when it happens.
    `alone` names what messages queue for within this process (the agenda that many visits want), which spares lost compare-and-sets.
    `first` settles these messages of a batch before the others: copies of what the others need.
    `processing` says that personal data is processed, and whose.
    """
    return On(message, handler, frozenset(leads_to), alone, first, processing)


@dataclass(frozen=True)
class Once(Generic[P]):
    """A step that is carried out at most once, and the kind of step that records its outcome."""

    message: type[Step]
    act: Act[Any, P]
    outcome: type[Step]


S = TypeVar("S", bound=Step)


def once(message: type[S], act: Act[S, P], outcome: type[Step]) -> Once[P]:
    """Pair a step that an aggregate leaves by `once` with what is done; a crash in between leaves the outcome unknown."""
    return Once(message, act, outcome)
