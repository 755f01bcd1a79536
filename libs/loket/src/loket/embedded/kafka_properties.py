"""The settings of the embedded Kafka, each with its reason."""

from pathlib import Path
from typing import NamedTuple

from loket.embedded.child import HOST

FLUSH_MILLISECONDS = 1000
"""After so long what was acknowledged is on the disk, where all copies share one machine; by itself Kafka leaves that to the system."""
BROKERS = 3
"""Of a cluster: one may be away, and what was acknowledged still lies on two."""


class Member(NamedTuple):
    """One node of a cluster: which one, at which ports the controllers of all listen, and the id that they share."""

    number: int
    controllers: tuple[int, ...]
    cluster: str


def server_properties(folder: Path, port: int, controller_port: int) -> dict[str, str]:
    """Of the only node."""
    quorum = {"controller.quorum.bootstrap.servers": f"{HOST}:{controller_port}"}
    return _node(1, folder, port, controller_port) | quorum | _copies(1) | _PROMISES | _SMALL


def member_properties(folder: Path, port: int, member: Member) -> dict[str, str]:
    """Of one node of a cluster; the voters are fixed, so that a node which finds the others gone does not found a cluster of its own."""
    voters = ",".join(f"{number}@{HOST}:{controller}" for number, controller in enumerate(member.controllers, start=1))
    node = _node(member.number, folder, port, member.controllers[member.number - 1])
    return node | {"controller.quorum.voters": voters} | _copies(BROKERS) | _PROMISES | _SMALL


def _node(number: int, folder: Path, port: int, controller_port: int) -> dict[str, str]:
    listeners = f"BROKER://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder),
    }


def _copies(brokers: int) -> dict[str, str]:
    """On how many brokers everything lies, and how many must have it before it is acknowledged."""
    copies, least = str(brokers), str(brokers // 2 + 1)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": least,
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": least,
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": least,
    }


_PROMISES = {
    "auto.create.topics.enable": "false",  # a misspelt topic is an error
    "log.flush.interval.ms": str(FLUSH_MILLISECONDS),
    "log.flush.scheduler.interval.ms": str(FLUSH_MILLISECONDS),  # how often it looks: never, unless told
    "broker.session.timeout.ms": "4000",  # a killed one holds its place so long, and the next start waits for it
    "broker.heartbeat.interval.ms": "1000",
    "log.retention.ms": "-1",  # figures are recounted from the first record on
    "offsets.retention.minutes": "525600",  # a platform that rested for weeks goes on where it was
    "group.initial.rebalance.delay.ms": "0",  # nobody else is coming
}
_SMALL = {
    "log.index.size.max.bytes": "1048576",  # hundreds of almost empty partitions
    "log.cleaner.dedupe.buffer.size": "8388608",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
}
