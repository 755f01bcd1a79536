"""A service as a whole: what `app.py` says it is, put together with store, Kafka and HTTP, started and stopped cleanly."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

from common.acknowledged import kept_records
from common.aggregate import Aggregate
from common.blueprint import Blueprint, Context
from common.breaker import Breaker
from common.broker import DRAIN
from common.carrying import Carrying, Publishing
from common.clock import Clock, clock_of
from common.cloudevents import source_of
from common.consuming import Consuming
from common.epoch import Epoch
from common.events.base import Message
from common.gathering import Gathering
from common.given_up import StepGivenUp
from common.listening import connect
from common.log_view import KafkaLogView, LogView
from common.metrics import Metrics
from common.overload import Overload, Wait
from common.pairing import Pairing
from common.pairing_guard import PairingGuard
from common.parking import Parking
from common.probing import StoreProbe
from common.processing.opening import open_logbook
from common.publisher import Publisher
from common.relay import Relay
from common.runner import Origin, Runner
from common.shared_breaker import SharedBreaker
from common.store.opening import open_store
from common.store.port import Store, TornStore
from common.telemetry import Tracing, exporter, logger, traceparent_of_request
from common.waiting import until_there, within
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
        view: LogView | None = None,
        replica: str | None = None,
    ) -> None:
        """With a publisher of its own and no view of the log, store and log are not compared."""
        settings = blueprint.settings
        self.blueprint = blueprint
        self.kinds = blueprint.kinds()
        self.clock = clock or clock_of(settings.clock_file, settings.environment)
        self.store = store or open_store(settings, blueprint.name, self.kinds)
        self.metrics, self.log, self.probe = Metrics(blueprint.name), logger(blueprint.name, settings.log_level), StoreProbe(self.store)
        self.tracing = tracing or Tracing(blueprint.name, settings.trace_ratio, exporter(settings.otel_exporter_otlp_endpoint))
        self.group = settings.topic_prefix + blueprint.name
        self._publisher: Publishing = publisher or Publisher(
            settings.kafka_bootstrap_servers, blueprint.name, settings.topic_prefix, settings.kafka_security,
            partial(kept_records, self.store, source_of(blueprint.name, settings.organisation_oin).encode()), self.log,
        )  # fmt: skip
        self.epoch = Epoch()
        real = KafkaLogView(settings, self.group, blueprint.own_topics(), self.log) if publisher is None else None
        self.guard = self._guard(view or real, replica or str(uuid4()))
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

    def _guard(self, view: LogView | None, replica: str) -> PairingGuard:
        pairing = Pairing(self.blueprint.name, self.store, self.kinds, self.clock, self.epoch, replica, lambda: self._publisher.written)
        return PairingGuard(pairing, view, self._publisher, self.blueprint.settings, self.log)

    def _put_together(self, blueprint: Blueprint[P]) -> None:
        settings = blueprint.settings
        self.ports = blueprint.ports(self.context)
        self.breaker = Breaker(settings.breaker_lanes_per_minute, self.clock)
        self.parking = Parking(
            blueprint.name, self.store, self.clock, self._wake, self.breaker, self.metrics, self.log,
            lambda: self.relay.resume(), self.epoch, self._give_up,  # noqa: PLW0108 - the relay is made after it
        )  # fmt: skip
        self.runner: Runner[P] = Runner(
            self.ports, self.store, self.clock, self._wake, untold=self._untold, logbook=self.logbook, epoch=self.epoch
        )
        source = source_of(blueprint.name, settings.organisation_oin).encode()
        carrying = Carrying(self.runner, self.store, self._publisher, blueprint.steps, blueprint.acts, source, self.metrics, self.tracing)
        self.relay: Relay[P] = Relay(
            carrying, self.store, self.parking, self.kinds, self.clock, self.metrics, self.log,
            timedelta(seconds=settings.outbox_keep_seconds),
        )  # fmt: skip
        self.overload = Overload(self.relay, self.parking, self.clock, settings.outbox_limit_seconds, settings.breaker_lanes_per_minute)
        self.shared_breaker = SharedBreaker(blueprint.name, self.breaker, self.store, self.clock)
        self.consuming: Consuming[P] = Consuming(
            self.runner, blueprint.subscribes, self.parking, self.breaker, self.clock, self.metrics, self.tracing, self.log,
            self.group, settings.topic_prefix, settings.patience_seconds, self.relay.room, Gathering() if blueprint.hurries else None,
            self.guard.note_read,
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
        except TornStore as error:
            self.guard.refuse(str(error))
        except Exception as error:  # noqa: BLE001 - it can never serve, and must not look as if it only waited
            self.log.error("cannot start", error=error)  # noqa: TRY400 - with its place, without its text
            signal.raise_signal(signal.SIGTERM)

    async def _begin(self) -> None:
        await until_there(self.guard.pairing.open, self.log)
        await until_there(self.parking.refresh, self.log)
        self._background = [asyncio.create_task(watch(self))]
        if self.logbook is not None:
            self._background.append(asyncio.create_task(self.logbook.forget_for_ever()))
        self._background.append(asyncio.create_task(self.shared_breaker.exchange_for_ever(self.parking.count, self.metrics)))
        begun = asyncio.create_task(self._work())
        self._background.append(begun)
        if not self.guard.compares:
            await begun

    async def _work(self) -> None:
        """Work, once it is known that store and log belong together."""
        try:
            if not await self.guard.passed():
                return
            await self.relay.start()
            if self.blueprint.starts is not None:
                await until_there(partial(self.blueprint.starts, self.context), self.log)
        except Exception as error:
            self.log.error("start failed", error=error)  # noqa: TRY400 - with its place, without its text
            self.guard.refuse(f"The start of {self.blueprint.name} failed ({type(error).__name__}).")
            raise
        self.started = True
        self._background.append(asyncio.create_task(self.guard.note_for_ever()))
        if self.blueprint.subscribes:
            self._background.append(asyncio.create_task(self._consume()))

    def ready(self) -> str | None:
        """Why this is not ready for work, or None."""
        if self.guard.refusal is not None:
            return self.guard.refusal.rstrip(".")
        if self.draining:
            return "it is being stopped"
        if self.waits_for is not None:
            return self.waits_for
        if self.blueprint.needs_kafka:
            return self._why_not_consuming() if self.blueprint.subscribes else None
        return "what it took in has waited too long for Kafka" if self.overload.wait("") else None

    def _why_not_consuming(self) -> str | None:
        if not self.consuming.assigned.is_set():
            return "no partitions of Kafka yet"
        if not self.consuming.connection.connected(asyncio.get_running_loop().time()):
            return "Kafka does not answer"
        return None

    async def _open_store(self) -> None:
        await until_there(self.store.start, self.log)
        self.opened = True

    async def _consume(self) -> None:
        await connect(self.blueprint, self.group, self.consuming, self.log, partial(setattr, self, "broker"))

    async def _stop(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self.broker is not None:
            await within(DRAIN, "consumer", self.consuming.stop(), self.log)
            await within(5, "kafka", self.broker.stop(), self.log)
        await within(7, "relay", self.relay.stop(), self.log)
        if self.blueprint.stops is not None and self.started:
            await self.blueprint.stops(self.context)
        if isinstance(self._publisher, Publisher):
            await within(3, "publisher", self._publisher.close(), self.log)
        await within(3, "pairing", self.guard.close(), self.log)
        await within(12, "store", self.store.close(), self.log)
        self.tracing.close()
        self.log.info("stopped")

    def _untold(self, aggregate: Aggregate) -> int:
        return self.relay.untold(aggregate)

    def _wake(self, aggregate: Aggregate, entries: Any) -> None:
        self.relay.wake(aggregate, entries)

    async def _ask(self, message: Message) -> Aggregate | None:
        return await self.runner.run(self._commands[type(message)], message, Origin(trace=traceparent_of_request.get()))

    async def _give_up(self, message: StepGivenUp) -> None:
        if StepGivenUp in self._commands:
            await self._ask(message)

    def _overloaded(self, submitter: str) -> Wait | None:
        return self.overload.wait(submitter)
