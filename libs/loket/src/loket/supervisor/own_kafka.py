"""The Kafka that a platform runs itself, as its layout asks for: one broker, a secure one, or three."""

from functools import partial

from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.kafka_cluster import KafkaCluster
from loket.embedded.kafka_security import ADMIN
from loket.supervisor.folder import StateFolder
from loket.supervisor.layout import Layout


def own_kafka(layout: Layout, folder: StateFolder) -> EmbeddedKafka | KafkaCluster | None:
    """None when it uses another."""
    if layout.kafka_bootstrap_servers:
        return None
    if layout.brokers > 1:
        ports, controllers = layout.broker_ports, layout.controller_ports
        return KafkaCluster(
            folder.kafka, ports=ports, controllers=controllers, cache=layout.cache, log=lambda number: folder.log(f"kafka-{number}")
        )
    return EmbeddedKafka(
        folder.kafka,
        port=layout.ports.kafka,
        cache=layout.cache,
        log=folder.log("kafka"),
        admin_password=partial(folder.kafka_password, ADMIN) if layout.secure else None,
    )
