"""Looks at what nobody tells: how late the loop is, how old the outbox, how far behind the consumer, whether Kafka answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from math import nan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.service import Service

EVERY = 1.0  # seconds
STORE_EVERY = 5.0  # seconds; a look writes a page and reads it back


async def watch(service: Service[Any]) -> None:
    """Keep the gauges true until cancelled, and say once when Kafka is lost or back, and when the service becomes ready or unready."""
    changes = Changes(service)
    async with asyncio.TaskGroup() as group:
        group.create_task(_watch_store(service, changes))
        group.create_task(_watch_all_else(service, changes))


async def _watch_store(service: Service[Any], changes: Changes) -> None:
    """Beside the rest, since a store that is away takes seconds to say so."""
    while True:
        changes.store = await service.probe.failure()
        service.metrics.store_connected.set(changes.store is None)
        await asyncio.sleep(STORE_EVERY)


async def _watch_all_else(service: Service[Any], changes: Changes) -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(EVERY)
        service.metrics.loop_lag.set(max(0.0, loop.time() - before - EVERY))
        look(service)
        changes.log()


class Changes:
    """One line per change of state, none per look."""

    def __init__(self, service: Service[Any]) -> None:
        self._service = service
        self._connected: bool | None = None
        self._reason: str | None = "starting"
        self.store: str | None = None
        """Why the store cannot be worked on, as it was last asked."""

    def log(self) -> None:
        """Say what has changed since the last look."""
        log, kafka = self._service.log, self._service.blueprint.settings.kafka_bootstrap_servers
        connected = bool(self._service.metrics.kafka_connected._value.get())  # noqa: SLF001 - what was just set
        if connected and not self._connected:
            log.info("kafka connected" if self._connected is None else "kafka back", kafka=kafka)
            self._connected = True
        elif self._connected and not connected:
            log.warning("kafka lost", kafka=kafka)
            self._connected = False
        reason = self._service.ready() or self.store
        if (reason is None) is not (self._reason is None):
            log.info("ready") if reason is None else log.warning("not ready", reason=reason)
        self._reason = reason


def look(service: Service[Any]) -> None:
    """Set the gauges of outbox, lag and connection as they are now; what nobody can say is NaN, never 0."""
    now, connection = asyncio.get_running_loop().time(), service.consuming.connection
    oldest = min(service.relay.oldest_by_submitter().values(), default=None)
    service.metrics.outbox_age.set(0 if oldest is None else max(0.0, (service.clock.now() - oldest).total_seconds()))
    service.metrics.kafka_connected.set(connection.connected(now))
    service.metrics.fetch_age.set(connection.fetch_age(now))
    waiting, unknown = _waiting(service)
    in_hand = Counter(_topic(service, record) for record in service.consuming.in_hand)
    for topic in service.blueprint.topics():  # one that went to another member is behind there, not here
        service.metrics.lag.labels(topic).set(nan if topic in unknown else waiting[topic] + in_hand[topic])
    if not (waiting or in_hand or unknown) and service.consuming.settled_at is not None:
        service.consuming.settled_at = now  # who has nothing to do does not hang
    service.metrics.hung.set(stuck(service))


def stuck(service: Service[Any], patience: float = 120.0) -> bool:
    """Whether the client hangs: Kafka answers, records wait, nothing is paused or full, and for `patience` seconds there is no progress."""
    now, consumer = asyncio.get_running_loop().time(), service.consuming.consumer()
    waits = consumer is not None and not consumer.paused() and not service.relay.full() and _waiting(service)[0].total() > 0
    since, knows = service.consuming.settled_at, service.consuming.knows_its_lanes()
    return waits and knows and service.consuming.connection.connected(now) and since is not None and now - since > patience


def _waiting(service: Service[Any]) -> tuple[Counter[str], set[str]]:
    """The records that have not been handed to us yet, by topic, and the topics of which that is not known."""
    consumer, connection = service.consuming.consumer(), service.consuming.connection
    now = asyncio.get_running_loop().time()
    known = service.consuming.assigned.is_set() and service.consuming.knows_its_lanes() and connection.connected(now)
    if consumer is None or not known:
        return Counter(), set(service.blueprint.topics())
    waiting: Counter[str] = Counter()
    unknown: set[str] = set()
    for place in consumer.assignment():
        end = consumer.highwater(place)
        state = consumer._subscription.subscription.assignment.state_value(place)  # noqa: SLF001 - `position` would wait for the broker
        if end is None or state is None or not state.has_valid_position:
            unknown.add(_topic(service, place))
        elif end <= state.position and not connection.fresh(place, now):
            unknown.add(_topic(service, place))  # it was the end long ago: its leader may be away while others answer
        else:
            waiting[_topic(service, place)] += max(0, end - state.position)
    return +waiting, unknown


def _topic(service: Service[Any], of: Any) -> str:
    return str(of.topic).removeprefix(service.blueprint.settings.topic_prefix)
