"""Looks at what nobody tells: how late the loop is, how old the outbox, how far behind the consumer."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.service import Service

EVERY = 1.0  # seconds


async def watch(service: Service[Any]) -> None:
    """Keep the gauges true until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(EVERY)
        service.metrics.loop_lag.set(max(0.0, loop.time() - before - EVERY))
        look(service)


def look(service: Service[Any]) -> None:
    """Set the gauges of outbox and lag as they are now.

    Where nobody can say what waits, a topic counts one record: not knowing is no rest.
    """
    oldest = min(service.relay.oldest_by_submitter().values(), default=None)
    service.metrics.outbox_age.set(0 if oldest is None else max(0.0, (service.clock.now() - oldest).total_seconds()))
    waiting, unknown = _waiting(service)
    in_hand = Counter(_topic(service, record) for record in service.consuming.in_hand)
    for topic in service.blueprint.topics():  # one that went to another member is behind there, not here
        service.metrics.lag.labels(topic).set(waiting[topic] + in_hand[topic] + (topic in unknown))


def stuck(service: Service[Any], patience: float = 120.0) -> bool:
    """Whether records wait and none has been settled for `patience` seconds although nothing is paused or full: the client hangs."""
    consumer = service.consuming.consumer()
    waits = consumer is not None and not consumer.paused() and not service.relay.full() and _waiting(service)[0].total() > 0
    since, knows = service.consuming.settled_at, service.consuming.knows_its_lanes()
    return waits and knows and since is not None and asyncio.get_running_loop().time() - since > patience


def _waiting(service: Service[Any]) -> tuple[Counter[str], set[str]]:
    """The records that have not been handed to us yet, by topic, and the topics of which that is not known."""
    consumer = service.consuming.consumer()
    if consumer is None or not service.consuming.assigned.is_set() or not service.consuming.knows_its_lanes():
        return Counter(), set(service.blueprint.topics())
    waiting: Counter[str] = Counter()
    unknown: set[str] = set()
    for place in consumer.assignment():
        end = consumer.highwater(place)
        state = consumer._subscription.subscription.assignment.state_value(place)  # noqa: SLF001 - `position` would wait for the broker
        if end is None or state is None or not state.has_valid_position:
            unknown.add(_topic(service, place))
        else:
            waiting[_topic(service, place)] += max(0, end - state.position)
    return waiting, unknown


def _topic(service: Service[Any], of: Any) -> str:
    return str(of.topic).removeprefix(service.blueprint.settings.topic_prefix)
