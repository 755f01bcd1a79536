"""Asks a Kafka whether it serves: a metadata request that names at least one broker."""

import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from common.kafka_security import KafkaSecurity


async def answers(bootstrap: str, security: KafkaSecurity) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3_000, **security.of_client())
    logging.getLogger("aiokafka").addFilter(_quiet)  # a broker that is not there yet is no news
    try:
        await client.start()
        return bool((await client.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
        logging.getLogger("aiokafka").removeFilter(_quiet)


def _quiet(_: logging.LogRecord) -> bool:
    return False
