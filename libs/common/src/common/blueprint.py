"""What a service says of itself (`app.py` on one page), and what its own ports and routes may use of the chassis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from common.aggregate import Aggregate
from common.clock import Clock
from common.events.base import Event, Message
from common.metrics import Metrics
from common.processing.logbook import Logbook, Reading
from common.processing.register import Register, Unregistered
from common.settings import ServiceSettings
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
    register: Register | None = None
    """Of processing activities, where it processes personal data."""
    hurries: bool = True
    """Whether somebody waits for what follows from an event; who does not hurry gets more of them at once."""
    needs_kafka: bool = True
    """Whether it is unready without Kafka; who takes work safely into its outbox is ready until that is too old."""

    def topics(self) -> list[str]:
        """What it subscribes to."""
        return [on.message.topic for on in self.subscribes if issubclass(on.message, Event)]

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
    overloaded: Callable[[], timedelta | None]
    logbook: Logbook | None = None
    extras: dict[str, Any] = field(default_factory=dict)

    def reading(self, action: str) -> Reading:
        """For a route that answers with personal data; raises `Unregistered`."""
        if self.logbook is None:
            raise Unregistered(action)
        return self.logbook.reading(action)
