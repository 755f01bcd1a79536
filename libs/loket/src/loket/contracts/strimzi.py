"""Topics and users of Kafka as Strimzi's operator takes them, and how each service comes by what the operator makes of its user."""

from collections.abc import Iterable
from typing import Any

from auditor.reach import NAME
from common.topics import TOPICS, Topic
from loket.contracts.access import Right, principals, rights
from loket.contracts.patches import cron_job, deployment
from loket.contracts.services import Platform

_API = "kafka.strimzi.io/v1"
_LABELS = {"strimzi.io/cluster": "loket"}
_REPLICAS = 3
_IN_SYNC = 2
_READABLE = 0o440  # by the group that the services run as
_CA_FILE = "ca.crt"


def topics() -> list[dict[str, Any]]:
    """A KafkaTopic for every topic, three times over and safe with one broker gone."""
    return [_topic(topic) for topic in TOPICS]


def users(platform: Platform) -> list[dict[str, Any]]:
    """A KafkaUser for every principal."""
    return [_user(principal, rights(platform)) for principal in principals(platform)]


def clients(platform: Platform) -> list[dict[str, Any]]:
    """A patch for every Deployment and the auditor's CronJob: its principal, its password by the operator, the authority of brokers."""
    return [*(deployment(principal, _client(principal)) for principal in principals(platform)), cron_job(NAME, _client(NAME))]


def _topic(topic: Topic) -> dict[str, Any]:
    config = {name: int(value) if value.lstrip("-").isdigit() else value for name, value in topic.config.items()}
    return {
        "apiVersion": _API,
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": _LABELS},
        "spec": {"partitions": topic.partitions, "replicas": _REPLICAS, "config": {**config, "min.insync.replicas": _IN_SYNC}},
    }


def _user(principal: str, wanted: Iterable[Right]) -> dict[str, Any]:
    rules = [_rule(right) for right in wanted if right.principal == principal]
    return {
        "apiVersion": _API,
        "kind": "KafkaUser",
        "metadata": {"name": principal, "labels": _LABELS},
        "spec": {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": rules}},
    }


def _rule(right: Right) -> dict[str, Any]:
    return {"resource": {"type": right.kind, "name": right.name, "patternType": "literal"}, "operations": list(right.operations)}


def _client(name: str) -> dict[str, Any]:
    """A pod in which the operator's password comes beside other secrets, as the file that the setting is read from."""
    told = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": name, "KAFKA_CA_FILE": f"/run/kafka/{_CA_FILE}"}
    container = {
        "name": name,
        "env": [{"name": key, "value": value} for key, value in told.items()],
        "volumeMounts": [{"name": "kafka-ca", "mountPath": "/run/kafka", "readOnly": True}],
    }
    password = {"name": name, "items": [{"key": "password", "path": "kafka_sasl_password"}]}
    secrets = {"defaultMode": _READABLE, "sources": [{"secret": {"name": f"{name}-secrets"}}, {"secret": password}]}
    ca = {"secretName": "loket-cluster-ca-cert", "defaultMode": _READABLE, "items": [{"key": _CA_FILE, "path": _CA_FILE}]}
    volumes = [{"name": "secrets", "secret": None, "projected": secrets}, {"name": "kafka-ca", "secret": ca}]
    return {"containers": [container], "volumes": volumes}
