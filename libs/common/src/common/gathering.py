"""Lets Kafka gather records while many come: its answers name every partition, and each costs both sides as much as fifty records."""

from typing import Any, NamedTuple

BUSY = 0.1  # seconds; batches that come closer together could as well come as one


class Fetching(NamedTuple):
    """How long Kafka holds an answer back: until so many bytes are there, or so many milliseconds are over."""

    min_bytes: int
    max_wait_ms: int


AT_ONCE = Fetching(1, 250)
GATHERED = Fetching(65_536, 40)


class Gathering:
    """Who comes alone is handed over at once; while batches follow closely, those to come wait a little for company."""

    def __init__(self) -> None:
        self._came = float("-inf")

    def batch_came(self, consumer: Any, now: float) -> None:
        """Ask for the next batches accordingly; `now` in seconds."""
        close, self._came = now - self._came < BUSY, now
        fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka reads both anew for each request and lets nobody set them after the start
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = GATHERED if close else AT_ONCE  # noqa: SLF001
