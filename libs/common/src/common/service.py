"""A service as a whole: what `app.py` says it is, put together with store, Kafka and HTTP, started and stopped cleanly."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from common.aggregate import Aggregate
from common.blueprint import Blueprint, Context
from common.breaker import Breaker
from common.broker import DRAIN, Batch, make_broker, subscribe
from common.carrying import Carrying, Publishing
from common.clock import Clock, ShiftedClock, SystemClock
from common.cloudevents import source_of
from common.consuming import Consuming
from common.errors import Unavailable
from common.events.base import Message
from common.gathering import Gathering
from common.lanes import Lane
from common.metrics import Metrics
from common.overload import Overload
from common.parking import Parking
from common.processing.opening import open_logbook
from common.processing.record import ProcessingRecord
from common.publisher import Publisher
from common.relay import Relay
from common.runner import Origin, Runner
from common.settings import ServiceSettings
from common.store.opening import open_store
from common.store.port import Store
from common.telemetry import Tracing, logger, traceparent_of_request
from common.watch import watch
from common.web import make_app

if TYPE_CHECKING:
    from fastapi import FastAPI

P = TypeVar("P")


class Service(Generic[P]):
    """The running whole; `app` is its ASGI application."""

    def __init__(
        self,
        blueprint: Blueprint[P],
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        publisher: Publishing | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        settings = blueprint.settings
        self.blueprint = blueprint
        self.kinds: tuple[type[Aggregate], ...] = (*blueprint.aggregates, Lane, *((ProcessingRecord,) if blueprint.register else ()))
        self.clock = clock or (
            ShiftedClock(settings.clock_file) if settings.clock_file and settings.environment != "production" else SystemClock()
        )
        self.store = store or open_store(settings, blueprint.name, self.kinds)
        self.metrics, self.log = Metrics(blueprint.name), logger(blueprint.name, settings.log_level)
        self.tracing = tracing or Tracing(blueprint.name, settings.trace_ratio, _exporter(settings))
        self.group = settings.topic_prefix + blueprint.name
        self._publisher = publisher or Publisher(
            settings.kafka_bootstrap_servers, blueprint.name, settings.topic_prefix, settings.kafka_security
        )
        self.logbook = open_logbook(blueprint.register, settings, blueprint.processings(), self.store, self.clock)
        self.context = Context(
            settings, self.store, self.clock, self.metrics, self.tracing, self.log, self._ask, self._overloaded, self.logbook
        )
        self._put_together(blueprint)
        self._background: list[asyncio.Task[None]] = []
        self.broker: Any = None
        self.started = self.opened = self.draining = False
        self.waits_for: str | None = None
        """What a process that listens already still waits for before it can answer."""

    def _put_together(self, blueprint: Blueprint[P]) -> None:
        settings = blueprint.settings
        self.ports = blueprint.ports(self.context)
        self.breaker = Breaker(settings.breaker_lanes_per_minute, self.clock)
        self.parking = Parking(blueprint.name, self.store, self.clock, self._wake, self.breaker, self.metrics, self.log, self._resume_relay)
        self.runner: Runner[P] = Runner(self.ports, self.store, self.clock, self._wake, untold=self._untold, logbook=self.logbook)
        source = source_of(blueprint.name, settings.organisation_oin).encode()
        carrying = Carrying(self.runner, self.store, self._publisher, blueprint.steps, blueprint.acts, source, self.metrics, self.tracing)
        self.relay: Relay[P] = Relay(carrying, self.store, self.parking, self.kinds, self.clock, self.metrics, self.log)
        self.overload = Overload(self.relay, self.clock, settings.outbox_limit_seconds)
        self.consuming: Consuming[P] = Consuming(
            self.runner, blueprint.subscribes, self.parking, self.breaker, self.clock, self.metrics, self.tracing, self.log,
            self.group, settings.topic_prefix, settings.patience_seconds, self.relay.room, Gathering() if blueprint.hurries else None,
        )  # fmt: skip
        self._commands = {on.message: on for on in blueprint.commands}

    @cached_property
    def app(self) -> FastAPI:
        """Its HTTP side, made when it is first asked for: who only listens and tells does not pay for it."""
        return make_app(self, self.blueprint.routes(self.context, self.ports))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the store, start relay and consumer, and stop them in the order that loses no time."""
        await self._open_store()
        try:
            await self._begin()
            yield
        finally:
            await self._stop()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """The same, but listen first: the store is opened meanwhile, and a stop does not wait for it."""
        self.waits_for = "the store is being opened"
        begun = asyncio.create_task(self._begin_behind())
        try:
            yield
        finally:
            begun.cancel()
            await asyncio.gather(begun, return_exceptions=True)
            if self.opened:
                await self._stop()

    async def _begin_behind(self) -> None:
        try:
            await self._open_store()
            self.waits_for = "it is starting"
            await self._begin()
            self.waits_for = None
        except Exception as error:  # noqa: BLE001 - it can never serve, and must not look as if it only waited
            self.log.error("cannot start", error=error)  # noqa: TRY400 - with its place, without its text
            signal.raise_signal(signal.SIGTERM)

    async def _begin(self) -> None:
        await self._until_there(self.parking.refresh)
        await self.relay.start()
        if self.blueprint.starts is not None:
            await self._until_there(partial(self.blueprint.starts, self.context))
        self.started = True
        self._background = [asyncio.create_task(watch(self))]
        if self.logbook is not None:
            self._background.append(asyncio.create_task(self.logbook.forget_for_ever()))
        if self.blueprint.subscribes:
            self._background.append(asyncio.create_task(self._consume()))

    def ready(self) -> str | None:
        """Why this is not ready for work, or None."""
        if self.draining:
            return "it is being stopped"
        if self.waits_for is not None:
            return self.waits_for
        if self.breaker.open:
            return "too many lanes were parked within a minute; see loket lanes"
        if self.blueprint.needs_kafka:
            return self._why_not_consuming() if self.blueprint.subscribes else None
        return "what it took in has waited too long for Kafka" if self.overload.wait() else None

    def _why_not_consuming(self) -> str | None:
        if not self.consuming.assigned.is_set():
            return "no partitions of Kafka yet"
        if not self.consuming.connection.connected(asyncio.get_running_loop().time()):
            return "Kafka does not answer"
        return None

    async def _open_store(self) -> None:
        await self._until_there(self.store.start)
        self.opened = True

    async def _until_there(self, work: Callable[[], Awaitable[None]]) -> None:
        """Keep trying: a store that is not there yet is no reason to give up."""
        said = False
        while True:
            try:
                return await work()
            except Unavailable as error:
                if not said:
                    self.log.warning("store not reachable", reason=str(error))
                said = True
                await asyncio.sleep(1)

    async def _consume(self) -> None:
        """Keep trying until Kafka is there; afterwards its client keeps trying by itself."""
        topics = [self.blueprint.settings.topic_prefix + topic for topic in self.blueprint.topics()]
        while True:
            self.broker = make_broker(self.blueprint.settings, self.blueprint.name)
            batch = Batch(self.blueprint.settings.batch_size, hurries=self.blueprint.hurries)
            subscriber = subscribe(self.broker, topics, self.group, self.consuming.take, self.consuming, batch)
            self.consuming.subscriber = subscriber
            try:
                await self.broker.start()
            except (OSError, RuntimeError) as error:  # KafkaError is a RuntimeError
                self.log.warning("kafka not reachable", kafka=self.blueprint.settings.kafka_bootstrap_servers, error=error)
                await self.broker.stop()
                await asyncio.sleep(1)
            else:
                if subscriber.consumer is not None:
                    self.consuming.connection.observe(subscriber.consumer._client)  # noqa: SLF001 - see `Connection`
                return

    async def _stop(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self.broker is not None:
            await self._within(DRAIN, "consumer", self.consuming.stop())
            await self._within(5, "kafka", self.broker.stop())
        await self._within(7, "relay", self.relay.stop())
        if self.blueprint.stops is not None and self.started:
            await self.blueprint.stops(self.context)
        if isinstance(self._publisher, Publisher):
            await self._within(3, "publisher", self._publisher.close())
        await self._within(12, "store", self.store.close())
        self.tracing.close()
        self.log.info("stopped")

    async def _within(self, seconds: float, part: str, work: Coroutine[Any, Any, None]) -> None:
        """Leave behind what cannot end because something outside is away: all that was accepted lies in the store."""
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            task.cancel()
            self.log.warning("left behind at the stop", reason=part, seconds=seconds)
        elif not task.cancelled() and (error := task.exception()):
            self.log.error("stopped badly", reason=part, error=error)

    def _resume_relay(self) -> None:
        self.relay.resume()

    def _untold(self, aggregate: Aggregate) -> int:
        return self.relay.untold(aggregate)

    def _wake(self, aggregate: Aggregate, entries: Any) -> None:
        self.relay.wake(aggregate, entries)

    async def _ask(self, message: Message) -> Aggregate | None:
        return await self.runner.run(self._commands[type(message)], message, Origin(trace=traceparent_of_request.get()))

    def _overloaded(self) -> timedelta | None:
        return self.overload.wait()


def _exporter(settings: ServiceSettings) -> Any:
    if not settings.otel_exporter_otlp_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 20 MB that most runs do not need

    return OTLPSpanExporter(endpoint=settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces")
