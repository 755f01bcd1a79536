"""Looks once a second at what nobody tells: how late the loop is, how old the outbox, how far behind the consumer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.service import Service

EVERY = 1.0  # seconds


async def watch(service: Service[Any]) -> None:
    """Keep the gauges true until cancelled."""
    lag: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(EVERY)
        service.metrics.loop_lag.set(max(0.0, loop.time() - before - EVERY))
        oldest = service.relay.oldest()
        service.metrics.outbox_age.set(0 if oldest is None else max(0.0, (service.clock.now() - oldest).total_seconds()))
        lag = dict.fromkeys(lag, 0) | _lag(service)  # a topic that went to another member is behind there, not here
        for topic, records in lag.items():
            service.metrics.lag.labels(topic).set(records)


def stuck(service: Service[Any], patience: float = 120.0) -> bool:
    """Whether records wait and none has been settled for `patience` seconds although nothing is paused or full: the client hangs."""
    consumer = service.consuming.consumer()
    waits = consumer is not None and not consumer.paused() and not service.relay.full() and any(_lag(service).values())
    since, knows = service.consuming.settled_at, service.consuming.knows_its_lanes()
    return waits and knows and since is not None and asyncio.get_running_loop().time() - since > patience


def _lag(service: Service[Any]) -> dict[str, int]:
    consumer = service.consuming.consumer()
    if consumer is None:
        return {}
    lag: dict[str, int] = {}
    for place in consumer.assignment():
        end = consumer.highwater(place)
        state = consumer._subscription.subscription.assignment.state_value(place)  # noqa: SLF001 - `position` would wait for the broker
        here = state.position if state is not None and state.has_valid_position else None
        topic = place.topic.removeprefix(service.blueprint.settings.topic_prefix)
        lag[topic] = lag.get(topic, 0) + (0 if end is None or here is None else max(0, end - here))
    return lag
