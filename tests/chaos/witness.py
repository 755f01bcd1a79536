"""Looks at every replica from outside, as a probe and a scraper do, and writes down what its gauges and its answers say."""

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from chaos.platform import Platform
from chaos.processes import Process
from common.clock import ShiftedClock
from loket.embedded.child import HOST
from loket.tokens import Badges

EVERY = 1.0
PROBE = 4.0
"""Seconds that an answer may take; readiness waits three for a store."""
FIGURE = "k20"
GAUGES = {
    "connected": "loket_kafka_connected",
    "fetch_age": "loket_kafka_fetch_age_seconds",
    "store": "loket_store_connected",
    "paused": "loket_consumer_paused",
    "provider": 'loket_provider_connected{channel="email"}',
    "breaker": "loket_breaker_open",
    "parked": "loket_parked_lanes",
}
LAG = re.compile(r"^loket_lag_records\{[^}]*\} (\S+)$", re.MULTILINE)


class Witness:
    """One line per replica and look, in `looks.jsonl`; an answer that does not come has status 0."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._path = platform, platform.folder / "looks.jsonl"
        self._clock = ShiftedClock(platform.state.clock)
        self._badges = Badges(platform.state)

    async def watch(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(timeout=PROBE, trust_env=False) as client:
            while True:
                began = time.monotonic()
                lines = await asyncio.gather(*(self._look(client, process) for process in self._platform.services))
                append(self._path, lines)
                await asyncio.sleep(max(0.1, began + EVERY - time.monotonic()))

    async def _look(self, client: httpx.AsyncClient, process: Process) -> dict[str, Any]:
        at, base = time.time(), f"http://{HOST}:{process.port}"
        paths = ("/health/live", "/health/ready", "/metrics")
        live, ready, metrics = await asyncio.gather(*(answer(client, base + path) for path in paths))
        line = {"at": at, "replica": process.name, "live": live[0], "ready": ready[0], **gauges(metrics[1])}
        if process.name.startswith("reporting"):
            line |= await self._completeness(client, base)
        return line

    async def _completeness(self, client: httpx.AsyncClient, base: str) -> dict[str, Any]:
        """Of a figure for two days that are over: whether reporting says that it has heard everything."""
        today = self._clock.now().date()
        asked = f"?from={today - timedelta(days=2)}&to={today - timedelta(days=1)}"
        status, text = await answer(client, f"{base}/v1/indicators/{FIGURE}{asked}", authorization=f"Bearer {self._badges.of('analyst')}")
        said = orjson.loads(text)["completeness"] if status == httpx.codes.OK else {}
        return {"figure": status, "complete": said.get("complete"), "behind": said.get("recordsBehind")}


async def answer(client: httpx.AsyncClient, url: str, **headers: str) -> tuple[int, str]:
    """Status and text; 0 without one."""
    try:
        came = await client.get(url, headers=headers)
    except httpx.HTTPError:
        return 0, ""
    return came.status_code, came.text


def gauges(text: str) -> dict[str, Any]:
    """What the gauges say, None for one that is not there or not a number; of the lag, of how many topics it is not known."""
    found = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in text.splitlines() if not line.startswith("#")}
    lags = LAG.findall(text)
    unknown = sum(one == "NaN" for one in lags)
    return {name: number(found.get(gauge)) for name, gauge in GAUGES.items()} | {"lags": len(lags), "lags_unknown": unknown}


def number(text: str | None) -> float | None:
    """None for what is none."""
    return None if text in {None, "NaN"} else float(str(text))


def append(path: Path, lines: list[dict[str, Any]]) -> None:
    """What a witness has seen is no promise to anybody: not on the disk at once."""
    with path.open("ab") as file:
        file.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
