"""Kafka and MongoDB from their official images, for `make test-containers`; KAFKA_IMAGE and MONGO_IMAGE name others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KAFKA_IMAGE = os.environ.get("KAFKA_IMAGE", "apache/kafka:4.3.1@sha256:77e3df9054047a88b520d0cc46e16696d3b22022e1d580aeccd2632df6532837")
MONGO_IMAGE = os.environ.get("MONGO_IMAGE", "mongo:8.0@sha256:4968f22d0c6c10ef29952f3e807f62872ba22b3312f25803564fbfc08255efc2")
HOST = "127.0.0.1"


@contextmanager
def kafka_container() -> Iterator[str]:
    """A single-node Kafka (KRaft); its address."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    from loket.embedded.child import free_port

    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port).waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    for name, value in settings.items():
        container.with_env(name, value)
    with container:
        yield f"{HOST}:{port}"


@contextmanager
def mongo_container() -> Iterator[str]:
    """A MongoDB; its address."""
    from testcontainers.community.mongodb import MongoDbContainer

    with MongoDbContainer(MONGO_IMAGE) as mongo:
        yield mongo.get_connection_url()


@contextmanager
def mongo_with_users(secrets: Path, script: Path) -> Iterator[str]:
    """A MongoDB as compose makes it, with a user per service; its address."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    mongo = DockerContainer(MONGO_IMAGE).with_exposed_ports(27017).with_env("MONGO_INITDB_ROOT_USERNAME", "loket")
    mongo.with_env("MONGO_INITDB_ROOT_PASSWORD_FILE", "/run/secrets/password")
    mongo.with_volume_mapping(str(secrets), "/run/secrets", "ro")
    mongo.with_volume_mapping(str(script), "/docker-entrypoint-initdb.d/mongo_users.js", "ro")
    with mongo.waiting_for(LogMessageWaitStrategy("MongoDB init process complete")):
        yield f"{mongo.get_container_host_ip()}:{mongo.get_exposed_port(27017)}"
