"""Makes the topics of the platform and ends: `python -m common.provision`, before the services start."""

import asyncio
import sys

from aiokafka.errors import KafkaError
from pydantic import Field

from common.broker import create_topics
from common.environment import read
from common.kafka_security import KafkaSettings
from common.topics import TOPICS


class Provision(KafkaSettings):
    """What it can be told by its environment."""

    replication_factor: int = Field(default=1, ge=1, le=15, description="On how many brokers each topic lies.")
    patience_seconds: float = Field(default=120, ge=0, description="How long to wait for Kafka.")


async def provision(settings: Provision) -> None:
    """Make what is missing, as soon as Kafka is there; TimeoutError when it does not come."""
    async with asyncio.timeout(settings.patience_seconds):
        while True:
            try:
                await create_topics(
                    settings.kafka_bootstrap_servers, TOPICS, settings.topic_prefix, settings.replication_factor, settings.kafka_security
                )
            except (KafkaError, OSError):
                await asyncio.sleep(1)
            else:
                return


def main() -> None:
    """One line when it is done, or why it is not."""
    settings = read(Provision)
    try:
        asyncio.run(provision(settings))
    except TimeoutError:
        where, patience = settings.kafka_bootstrap_servers, settings.patience_seconds
        sys.exit(f"The topics are not made: Kafka at {where} has not done it within {patience:g} seconds.")
    sys.stdout.write(f"{len(TOPICS)} topics are there.\n")


if __name__ == "__main__":
    main()
