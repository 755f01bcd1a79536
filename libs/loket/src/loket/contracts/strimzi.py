"""Topics and users of Kafka as Strimzi's operator takes them: who may write and read what follows from who tells and hears what."""

from collections.abc import Iterable
from typing import Any

from common.topics import TOPICS, Topic
from loket.contracts.access import Right, principals, rights
from loket.contracts.services import Platform

_API = "kafka.strimzi.io/v1"
_LABELS = {"strimzi.io/cluster": "loket"}
_REPLICAS = 3
_IN_SYNC = 2


def topics() -> list[dict[str, Any]]:
    """A KafkaTopic for every topic, three times over and safe with one broker gone."""
    return [_topic(topic) for topic in TOPICS]


def users(platform: Platform) -> list[dict[str, Any]]:
    """A KafkaUser for every service."""
    return [_user(principal, rights(platform)) for principal in principals(platform)]


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
