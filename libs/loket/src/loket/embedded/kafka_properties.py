"""The settings of the embedded Kafka, each with its reason."""

from pathlib import Path

from loket.embedded.child import HOST


def server_properties(folder: Path, port: int, controller_port: int) -> dict[str, str]:
    return _node(folder, port, controller_port) | _ONE_BROKER | _PROMISES | _SMALL


def _node(folder: Path, port: int, controller_port: int) -> dict[str, str]:
    listeners = f"BROKER://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"{HOST}:{controller_port}",
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder),
    }


_ONE_BROKER = {
    "default.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}
_PROMISES = {
    "auto.create.topics.enable": "false",  # a misspelt topic is an error
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
