"""What a service is: `app.py` on one page, and what its own ports and routes may use of the chassis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from common.aggregate import Aggregate
from common.clock import Clock
from common.events.base import Event, Message
from common.events.lane import PARKED
from common.lanes import Lane
from common.metrics import Metrics
from common.overload import Wait
from common.pairing import StorePairing
from common.processing.logbook import Logbook, Reading
from common.processing.record import ProcessingRecord
from common.processing.register import Register, Unregistered
from common.restoring import Restoring
from common.settings import ServiceSettings
from common.shared_breaker import BreakerState
from common.store.port import Store
from common.subscribing import On, Once, Processing
from common.telemetry import Tracing

if TYPE_CHECKING:
    from fastapi import APIRouter

P = TypeVar("P")


@dataclass(frozen=True)
class Blueprint(Generic[P]):
    """What a service is: `app.py` on one page."""

    name: str
    title: str
    settings: ServiceSettings
    aggregates: tuple[type[Aggregate], ...]
    subscribes: tuple[On[P], ...]
    publishes: tuple[type[Event], ...]
    ports: Callable[[Context], P]
    routes: Callable[[Context, P], APIRouter]
    steps: tuple[On[P], ...] = ()
    acts: tuple[Once[P], ...] = ()
    commands: tuple[On[P], ...] = ()
    starts: Callable[[Context], Awaitable[None]] | None = None
    stops: Callable[[Context], Awaitable[None]] | None = None
    restoring: Callable[[], Restoring] | None = None
    """What brings a store up to date that is older than the log."""
    register: Register | None = None
    """Of processing activities, where it processes personal data."""
    hurries: bool = True
    """Whether somebody waits for what follows from an event; who does not hurry gets more of them at once."""
    needs_kafka: bool = True
    """Whether it is unready without Kafka; who takes work safely into its outbox is ready until that is too old."""

    def topics(self) -> list[str]:
        """What it subscribes to."""
        return [on.message.topic for on in self.subscribes if issubclass(on.message, Event)]

    def own_topics(self) -> list[str]:
        """What it tells, where its own last words may be read again; not what holds personal data."""
        return [event.topic for event in (*self.publishes, PARKED[self.name]) if not event.personal]

    def kinds(self) -> tuple[type[Aggregate], ...]:
        """Everything that lies in its store: its own aggregates, and what every service keeps."""
        records = (ProcessingRecord,) if self.register else ()
        return (*self.aggregates, Lane, BreakerState, StorePairing, *records)

    def processings(self) -> list[Processing]:
        """What it does with personal data by messages."""
        return [on.processing for on in (*self.subscribes, *self.steps, *self.commands) if on.processing is not None]


@dataclass
class Context:
    """What a service's own ports and routes may use of the chassis."""

    settings: ServiceSettings
    store: Store
    clock: Clock
    metrics: Metrics
    tracing: Tracing
    log: Any
    ask: Callable[[Message], Awaitable[Aggregate | None]]
    overloaded: Callable[[str], Wait | None]
    """Whether what a submitter hands in should come later."""
    logbook: Logbook | None = None
    extras: dict[str, Any] = field(default_factory=dict)

    def reading(self, action: str) -> Reading:
        """For a route that answers with personal data; raises `Unregistered`."""
        if self.logbook is None:
            raise Unregistered(action)
        return self.logbook.reading(action)
