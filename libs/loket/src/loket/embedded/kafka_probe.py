"""Asks a Kafka whether it serves: a metadata request that names enough brokers."""

import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from common.kafka_security import KafkaSecurity
from common.waiting import let_go


async def answers(bootstrap: str, security: KafkaSecurity, brokers: int = 1) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3_000, **security.of_client())
    logging.getLogger("aiokafka").addFilter(_quiet)  # a broker that is not there yet is no news
    try:
        await client.start()
        return len((await client.describe_cluster())["brokers"]) >= brokers
    except (KafkaError, OSError):
        return False
    finally:
        await let_go(client.close())
        logging.getLogger("aiokafka").removeFilter(_quiet)


def _quiet(_: logging.LogRecord) -> bool:
    return False
