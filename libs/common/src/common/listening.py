"""Connects a service to the topics that it hears."""

import asyncio
from collections.abc import Callable
from typing import Any

from common.blueprint import Blueprint
from common.broker import Batch, make_broker, subscribe
from common.consuming import Consuming
from common.waiting import let_go


async def connect(blueprint: Blueprint[Any], group: str, consuming: Consuming[Any], log: Any, made: Callable[[Any], None]) -> None:
    """Keep trying until Kafka is there; afterwards its client keeps trying by itself. `made` hears of each broker before it starts."""
    settings = blueprint.settings
    topics = [settings.topic_prefix + topic for topic in blueprint.topics()]
    while True:
        broker = make_broker(settings, blueprint.name)
        made(broker)
        consuming.subscriber = subscriber = subscribe(
            broker, topics, group, consuming.take, consuming, Batch(settings.batch_size, hurries=blueprint.hurries)
        )
        try:
            await broker.start()
        except (OSError, RuntimeError) as error:  # KafkaError is a RuntimeError
            log.warning("kafka not reachable", kafka=settings.kafka_bootstrap_servers, error=error)
            await let_go(broker.stop())
            await asyncio.sleep(1)
        else:
            if subscriber.consumer is not None:
                consuming.connection.observe(subscriber.consumer._client)  # noqa: SLF001 - see `Connection`
            return
