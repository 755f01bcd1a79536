"""Reads the log while it is written: which events were in it, and since when, whatever becomes of its files later."""

import threading
from contextlib import suppress

import orjson
from confluent_kafka import Consumer, KafkaException

from chaos.platform import Platform
from common.topics import TOPICS

PAUSE = 0.5


class Archive:
    """A thread of its own; a line per record in `archive.jsonl`: id and time of sending."""

    def __init__(self, platform: Platform) -> None:
        self._bootstrap, self._path = platform.layout.bootstrap, platform.folder / "archive.jsonl"
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _read(self) -> None:
        asked = {"bootstrap.servers": self._bootstrap, "group.id": "chaos-archive", "enable.auto.commit": False, "log_level": 0}
        consumer = Consumer({**asked, "auto.offset.reset": "earliest"})
        consumer.subscribe([topic.name for topic in TOPICS])
        with self._path.open("ab") as file:
            while not self._ends.is_set():
                with suppress(KafkaException):
                    for record in consumer.consume(1000, PAUSE):
                        if not record.error():
                            file.write(line_of(record.headers() or [], record.timestamp()[1]))
                    file.flush()
        consumer.close()


def line_of(headers: list[tuple[str, bytes | None]], timestamp: int) -> bytes:
    """What is kept of a record; nothing of one that is no event."""
    id_ = dict(headers).get("ce_id")
    return b"" if id_ is None else orjson.dumps({"id": id_.decode("latin-1"), "timestamp": timestamp}) + b"\n"
