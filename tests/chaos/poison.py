"""Records that no service told, put straight into the log: eight kinds that are no event and two that do no harm."""

import asyncio
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from chaos.ledger import Ledger

KINDS = (
    "no_cloud_event",
    "not_utf8_header",
    "wrong_schema",
    "unknown_type",
    "null_value",
    "huge",
    "no_json",
    "no_key",
    "wrong_key",
    "duplicate",
)
HARMLESS = frozenset({"wrong_key", "duplicate"})
TOPICS = ("case.created", "case.screened", "visit.confirmed", "appointment.booked", "notification.sent", "formality.completed")
HUGE = 230_000  # bytes, less than Kafka takes


class Record(NamedTuple):
    """What is put into the log."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Poisoner:
    """Takes records from the log as models."""

    def __init__(self, bootstrap: str, ledger: Ledger) -> None:
        quiet = {"bootstrap.servers": bootstrap, "log_level": 0}
        self._bootstrap, self._ledger = quiet, ledger
        self._producer = Producer({**quiet, "acks": "all", "enable.idempotence": True, "message.max.bytes": 262_144})

    async def put(self, kind: str, draw: Random) -> dict[str, Any]:
        """One record into a topic of chance, by the model of one that lies there; what the ledger says of it."""
        topic = draw.choice(TOPICS)
        try:
            line = await asyncio.to_thread(self._put, kind, topic, draw)
        except KafkaException:  # the broker has been killed meanwhile
            return {}
        if line:
            self._ledger.note(**line)
        return line

    def _put(self, kind: str, topic: str, draw: Random) -> dict[str, Any]:
        model = self._model(topic, draw)
        if model is None:
            return {}
        record = spoil(kind, model, draw)
        where: list[Any] = []

        def delivered(error: Any, message: Any) -> None:
            where.append((error, message))

        self._producer.produce(topic, key=record.key, value=record.value, headers=record.headers, on_delivery=delivered)
        self._producer.flush(30)
        if not where or where[0][0] is not None:
            return {}
        message = where[0][1]
        key = None if record.key is None else record.key.decode("latin-1")
        line = {"kind": kind, "topic": topic, "partition": message.partition(), "offset": message.offset(), "key": key}
        return line | ({"group": []} if kind in HARMLESS else {})

    def _model(self, topic: str, draw: Random) -> Record | None:
        """Any record of a topic; None when there is none yet."""
        consumer = Consumer({**self._bootstrap, "group.id": "chaos-poison", "enable.auto.commit": False})
        try:
            for partition in draw.sample(range(12), 12):
                place = TopicPartition(topic, partition)
                low, high = consumer.get_watermark_offsets(place, timeout=10)
                if high > low:
                    consumer.assign([TopicPartition(topic, partition, draw.randrange(low, high))])
                    found = consumer.poll(10)
                    if found is not None and found.error() is None and found.headers():
                        return Record(found.key(), found.value(), list(found.headers()))
            return None
        finally:
            consumer.close()


def spoil(kind: str, model: Record, draw: Random) -> Record:
    """A record of this kind, made from a good one. What is no event gets a key of nobody, so that no case waits behind it."""
    if kind == "duplicate":
        return model
    stranger = str(UUID(int=draw.getrandbits(128), version=4)).encode()
    changed = {
        "wrong_key": lambda: model._replace(key=stranger),
        "no_cloud_event": lambda: Record(stranger, b'{"hello": "world"}', [("content-type", b"application/json")]),
        "not_utf8_header": lambda: Record(stranger, model.value, with_header(model, "ce_source", b"urn:\xff\xfe")),
        "wrong_schema": lambda: Record(stranger, orjson.dumps({"occurredAt": "never"}), with_header(model, "ce_id", stranger)),
        "unknown_type": lambda: Record(stranger, model.value, with_header(model, "ce_type", b"nl.arbeidsmarktdiensten.case-vanished.v1")),
        "null_value": lambda: Record(stranger, None, model.headers),
        "huge": lambda: Record(stranger, b'{"filler": "' + b"x" * HUGE + b'"}', with_header(model, "ce_id", stranger)),
        "no_json": lambda: Record(stranger, b"\x00\x01 this is {no json", with_header(model, "ce_id", stranger)),
        "no_key": lambda: Record(None, model.value, model.headers),
    }
    return changed[kind]()


def with_header(model: Record, name: str, value: bytes) -> list[tuple[str, bytes]]:
    """The headers of the model, one of them replaced."""
    return [(one, value if one == name else text) for one, text in model.headers]
