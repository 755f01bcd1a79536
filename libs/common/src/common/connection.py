"""Says whether Kafka answers this process: its client retries in silence, and shows no outage by itself."""

from __future__ import annotations

from math import inf
from typing import Any

CUT_OFF = 10.0  # seconds without an answer; a fetch is answered within 0.25 s, a heartbeat each 0.1 s, and both may fail over meanwhile


class Connection:
    """When brokers last answered a consumer, in seconds of the loop; an empty answer is one too, and a refused one reached somebody."""

    def __init__(self) -> None:
        self.answered_at = -inf
        self.fetched_at: dict[tuple[str, int], float] = {}
        """By topic and partition, the last fetch that went well."""

    def observe(self, client: Any) -> None:
        """Note every answer that an aiokafka client gets from here on; it has no public place to see them."""
        send, loop = client.send, client._loop  # noqa: SLF001 - the loop whose time the rest of the service reads

        async def noting(node_id: Any, request: Any, **options: Any) -> Any:
            response = await send(node_id, request, **options)
            self.note(response, loop.time())
            return response

        client.send = noting
        self.answered_at, self.fetched_at = loop.time(), {}

    def note(self, response: Any, now: float) -> None:
        """A broker has answered; of a fetch also for which partitions."""
        self.answered_at = now
        if type(response).__name__.startswith("FetchResponse"):
            for topic, partitions in response.topics:
                self.fetched_at.update(((topic, part[0]), now) for part in partitions if part[1] == 0)

    def connected(self, now: float) -> bool:
        """Whether any broker has answered lately."""
        return now - self.answered_at < CUT_OFF

    def fetch_age(self, now: float) -> float:
        """Seconds since the last fetch that went well; NaN before the first."""
        return now - max(self.fetched_at.values()) if self.fetched_at else float("nan")

    def fresh(self, place: Any, now: float) -> bool:
        """Whether the end of a partition has been heard of lately."""
        return now - self.fetched_at.get((place.topic, place.partition), -inf) < CUT_OFF
