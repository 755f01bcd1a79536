"""The way of one record: parse or quarantine, queue behind a parked lane, handle or park."""

from collections.abc import Iterable
from functools import cache
from typing import Generic, TypeVar

from opentelemetry.trace import SpanKind

from common.clock import Clock
from common.cloudevents import Malformed, Received, Record, parse
from common.envelope import Envelope, receiving
from common.errors import Unavailable
from common.failpoints import failpoint
from common.metrics import Metrics
from common.parking import Parking
from common.runner import Origin, Runner
from common.subscribing import On
from common.telemetry import UNSAMPLED, Tracing

P = TypeVar("P")


class Settling(Generic[P]):
    """Raises `Unavailable` alone: whatever else goes wrong with a record concerns its lane and no other."""

    def __init__(
        self, runner: Runner[P], subscribes: Iterable[On[P]], parking: Parking, clock: Clock, metrics: Metrics, tracing: Tracing, group: str
    ) -> None:
        self._runner, self._parking, self._clock, self._metrics, self._tracing, self._group = (
            runner,
            parking,
            clock,
            metrics,
            tracing,
            group,
        )
        self._handlers = {on.message: on for on in subscribes}
        self._outcomes, self._age = cache(metrics.events.labels), cache(metrics.critical.labels)

    async def settle(self, lane: str, record: Record, topic: str) -> str:
        """What became of it: handled, queued, parked or quarantined."""
        try:
            received = parse(record, topic)
        except Malformed as error:
            await self._parking.quarantine(record, topic, error)
            return self._count(topic, "quarantined")
        if self._parking.is_parked(lane) and await self._parking.queue(lane, record, topic):
            return self._count(topic, "queued")
        try:
            await self.handle(received)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this case waits for help and no other
            await self._parking.park(lane, record, topic, error, received.envelope)
            return self._count(topic, "parked")
        return self._count(topic, "handled")

    async def handle(self, received: Received, under: str = "") -> None:
        """Let the handler of this event decide; raises what it raises.

        Its span goes on under its producer's; `under` another one (whoever redrives it) it is only linked to that.
        """
        event, envelope = received
        parent, linked = (under, envelope.traceparent) if under else (envelope.traceparent, "")
        token = receiving.set(envelope)
        try:
            failpoint("consuming.before-handler")
            with self._tracing.span(
                f"{envelope.topic} process", parent, SpanKind.CONSUMER, self._attributes(envelope, parent), linked
            ) as trace:
                origin = Origin(envelope.mark, trace, envelope.correlation, envelope.id, envelope.submitter)
                await self._runner.run(self._handlers[type(event)], event, origin)
            failpoint("consuming.after-handler")
        finally:
            receiving.reset(token)
        age = (self._clock.now() - envelope.time).total_seconds()
        self._age(envelope.topic).observe(max(0.0, age))

    def _attributes(self, envelope: Envelope, parent: str) -> dict[str, str | int]:
        if parent.endswith(UNSAMPLED):
            return {}
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.destination.name": envelope.topic,
            "messaging.consumer.group.name": self._group,
            "messaging.destination.partition.id": str(envelope.partition),
            "messaging.kafka.offset": envelope.offset,
        }

    def _count(self, topic: str, outcome: str) -> str:
        self._outcomes(topic, outcome).inc()
        return outcome
