"""Which handler listens to which message, and what may follow from it: the map that `app.py` of each service is made of."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, overload
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Event, Message, Step
from common.gates import Gate, OpenGate

M = TypeVar("M", bound=Message)
P = TypeVar("P")
M_contra = TypeVar("M_contra", bound=Message, contravariant=True)
P_contra = TypeVar("P_contra", contravariant=True)
H_contra = TypeVar("H_contra", contravariant=True)


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


class HeldAct(Protocol[M_contra, P_contra, H_contra]):
    """An act that is given what it has to hold, such as a connection."""

    def __call__(self, message: M_contra, ports: P_contra, held: H_contra, /) -> Awaitable[Step]: ...


@dataclass(frozen=True)
class Once(Generic[P]):
    """A step that is carried out at most once, the kind of step that records its outcome, and the gate before it."""

    message: type[Step]
    act: HeldAct[Any, P, Any]
    outcome: type[Step]
    gate: Callable[[P], Gate[Any]]


S = TypeVar("S", bound=Step)
H = TypeVar("H")
OPEN = OpenGate()


@overload
def once(message: type[S], act: Act[S, P], outcome: type[Step]) -> Once[P]: ...


@overload
def once(message: type[S], act: HeldAct[S, P, H], outcome: type[Step], *, holding: Callable[[P], Gate[H]]) -> Once[P]: ...


def once(message: type[S], act: Any, outcome: type[Step], *, holding: Callable[[P], Gate[Any]] | None = None) -> Once[P]:
    """Pair a step that an aggregate leaves by `once` with what is done; a crash in between leaves the outcome unknown.

    `holding` names the gate among the ports: the step is taken out of the outbox only by who holds what it lends, and the act gets that.
    """
    if holding is not None:
        return Once(message, act, outcome, holding)

    async def freely(message: S, ports: P, _held: None, /) -> Step:
        done: Step = await act(message, ports)
        return done

    return Once(message, freely, outcome, lambda _ports: OPEN)
