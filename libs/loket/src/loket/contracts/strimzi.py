"""Topics and users of Kafka as Strimzi's operator takes them: who may write and read what follows from who tells and hears what."""

from typing import Any

from common.events.base import Event
from common.topics import TOPICS, Topic
from loket.contracts.services import Described, Platform

_API = "kafka.strimzi.io/v1"
_LABELS = {"strimzi.io/cluster": "loket"}
_REPLICAS = 3
_IN_SYNC = 2


def topics() -> list[dict[str, Any]]:
    """A KafkaTopic for every topic, three times over and safe with one broker gone."""
    return [_topic(topic) for topic in TOPICS]


def users(platform: Platform) -> list[dict[str, Any]]:
    """A KafkaUser for every service."""
    return [_user(service) for service in platform]


def _topic(topic: Topic) -> dict[str, Any]:
    config = {name: int(value) if value.lstrip("-").isdigit() else value for name, value in topic.config.items()}
    return {
        "apiVersion": _API,
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": _LABELS},
        "spec": {"partitions": topic.partitions, "replicas": _REPLICAS, "config": {**config, "min.insync.replicas": _IN_SYNC}},
    }


def _user(service: Described) -> dict[str, Any]:
    rules = [
        *(_rule("topic", event.topic, "Write", "Describe") for event in _sorted(service.tells)),
        *(_rule("topic", event.topic, "Read", "Describe") for event in _sorted(service.hears)),
        _rule("group", service.name, "Read"),
    ]
    return {
        "apiVersion": _API,
        "kind": "KafkaUser",
        "metadata": {"name": service.name, "labels": _LABELS},
        "spec": {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": rules}},
    }


def _rule(kind: str, name: str, *operations: str) -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": "literal"}, "operations": list(operations)}


def _sorted(events: Any) -> list[type[Event]]:
    return sorted(events, key=lambda event: str(event.topic))
