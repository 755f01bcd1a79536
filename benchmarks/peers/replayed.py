"""The log read again with nothing in between: `getmany`, orjson, one insert per batch: `replayed.py <records>`; prints its CPU seconds."""

import asyncio
import gc
import os
import sqlite3
import sys
from time import process_time

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from common.topics import MESSAGE_LIMIT, PARTITIONS
from reporting.app import RECORDED

PREFIX, BOOTSTRAP = os.environ["TOPIC_PREFIX"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]
TABLE = "create table facts (id text primary key, topic text, case_id text, occurred_at text, partition integer, offset integer, data text)"
INSERT = "insert or replace into facts values (?, ?, ?, ?, ?, ?, ?)"
Row = tuple[str, str, str | None, str, int, int, str]


def open_table() -> sqlite3.Connection:
    """As durable as Loket's."""
    db = sqlite3.connect(os.environ["SQLITE_PATH"], isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=wal", "synchronous=full", "cache_size=-32768", "wal_autocheckpoint=8000"):
        db.execute(f"pragma {pragma}")
    db.execute(TABLE)
    return db


def write(db: sqlite3.Connection, rows: list[Row]) -> None:
    db.execute("begin immediate")
    db.executemany(INSERT, rows)
    db.execute("commit")


async def main(records: int) -> None:
    """Until all are stored."""
    db, stored = open_table(), 0
    consumer = AIOKafkaConsumer(bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest", max_partition_fetch_bytes=MESSAGE_LIMIT * 4)
    await consumer.start()
    consumer.assign([TopicPartition(PREFIX + event.topic, number) for event in RECORDED for number in range(PARTITIONS)])
    while stored < records:
        rows: list[Row] = []
        for place, batch in (await consumer.getmany(timeout_ms=250, max_records=5000)).items():
            for record in batch:
                data, id_ = orjson.loads(record.value), dict(record.headers)["ce_id"].decode()
                row = (place.topic, data.get("caseId"), data["occurredAt"], record.partition, record.offset, record.value.decode())
                rows.append((id_, *row))
        if rows:
            await asyncio.to_thread(write, db, rows)
            stored += len(rows)
    await consumer.stop()
    if db.execute("select count(*) from facts").fetchone()[0] != records:
        raise SystemExit("there are repetitions in the log, or records are missing")
    print(orjson.dumps({"cpu": process_time()}).decode())


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    uvloop.run(main(int(sys.argv[1])))
