"""The habit: FastStream as its first page shows it, one message at a time, acknowledged after its work: `stock.py <service> <topics>`.

Its defaults are made safe and nothing else: `AckPolicy.ACK`, `earliest`, every publish awaited, every write committed before that.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker

sys.path.insert(0, str(Path(__file__).parents[1]))

from common.events.base import Event
from peers.tables import open_tables, say_ready, write
from peers.work import Done, Role, role

PREFIX, BOOTSTRAP = os.environ["TOPIC_PREFIX"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]
Handler = Callable[[Any], Awaitable[None]]


class Stock:
    """One subscriber per topic."""

    def __init__(self, name: str, role: Role) -> None:
        self.broker, self._role, self._db = KafkaBroker(BOOTSTRAP), role, open_tables()
        self._subscribers = [self._subscribe(name, kind) for kind in role.topics]

    def _subscribe(self, name: str, kind: type[Event]) -> Any:
        async def handle(event: Any) -> None:
            await self._settle(await self._role.take(event))

        handle.__annotations__ = {"event": kind, "return": None}
        subscriber = self.broker.subscriber(
            PREFIX + kind.topic, group_id=f"{PREFIX}peer-{name}", ack_policy=AckPolicy.ACK, auto_offset_reset="earliest"
        )
        subscriber(handle)
        return subscriber

    async def _settle(self, done: Done) -> None:
        write(self._db, done.rows)
        for event in done.events:
            await self.broker.publish(event, PREFIX + event.topic, key=event.key.encode())
        for message, letter in done.letters:
            await self._role.hand_over(letter)
            await self._settle(self._role.sent(message, letter))

    async def assigned(self) -> None:
        """Wait for partitions of every topic."""
        while not all(subscriber.consumer is not None and subscriber.consumer.assignment() for subscriber in self._subscribers):
            await asyncio.sleep(0.05)
        say_ready()


async def main(name: str, recorded: list[str]) -> None:
    """Until killed."""
    stock = Stock(name, role(name, recorded))
    await FastStream(stock.broker, after_startup=[stock.assigned]).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2:]))
