"""What is left of a run for the judge: the log, the groups, the stores, and what the public routes say."""

import asyncio
import itertools
import json
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson

from chaos.draining import Draining, every_record
from chaos.platform import Platform
from chaos.processes import ask
from chaos.stores import copy_stores
from common.access.issuing import Grant
from common.access.scopes import EVERY
from common.clock import ShiftedClock
from loket.tokens import machine_token

SAMPLE = 300
"""Cases whose timeline is asked for."""
AT_ONCE = 24
PAGE = 1000


class Dump:
    """Writes into the folder of the run."""

    def __init__(self, platform: Platform, draining: Draining) -> None:
        self._platform, self._draining, self.folder = platform, draining, platform.folder
        self._draw = Random(f"{platform.options.seed}/dump")

    async def write(self) -> None:
        """Everything but `run.json`."""
        (self.folder / "groups.json").write_bytes(orjson.dumps(self._draining.groups()))
        metrics = {process.name: ask(process.metrics_port, "/metrics", 10)[1] for process in self._platform.services}
        (self.folder / "metrics.json").write_bytes(orjson.dumps(metrics))
        desk_days = await asyncio.to_thread(self._log)
        await asyncio.to_thread(copy_stores, self._platform)
        shutil.copytree(self._platform.layout.region / "reporting", self.folder / "region")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            await Answers(self._platform, client).write(self.folder, taken(self.folder / "calls.jsonl"), desk_days, self._draw)

    def _log(self) -> set[tuple[str, str]]:
        """Gives the desks and days that somebody was ever booked at."""
        ends, desk_days = self._draining.ends(), set[tuple[str, str]]()
        with (self.folder / "log.jsonl").open("wb") as file:
            for record in every_record(self._platform.layout.bootstrap, sorted({topic for topic, _ in ends}), ends):
                file.write(orjson.dumps(line_of(record)) + b"\n")
                if record.topic() == "appointment.booked":
                    desk_days |= desk_day(record.value())
        return desk_days


class Answers:
    """What the public routes say, asked of all replicas by turns."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient) -> None:
        self._platform, self._client = platform, client
        self._at = {service: itertools.cycle(addresses) for service, addresses in platform.addresses().items()}
        self._tokens: dict[str, str] = {}

    async def write(self, folder: Path, cases: dict[str, str], desk_days: Iterable[tuple[str, str]], draw: Random) -> None:
        some = draw.sample(sorted(cases), min(SAMPLE, len(cases)))
        await write_lines(folder / "statuses.jsonl", sorted(cases.items()), self._status)
        await write_lines(folder / "timelines.jsonl", some, self._timeline)
        await write_lines(folder / "lists.jsonl", sorted(desk_days), self._day_list)
        listed = await self._get("reporting", "/v1/indicators", Grant("analyst"))
        await write_lines(folder / "indicators.jsonl", [one["key"] for one in (listed[1] or {"items": []})["items"]], self._indicator)

    async def _get(self, service: str, path: str, grant: Grant, **query: Any) -> tuple[int, Any]:
        who = grant.partner or grant.role
        if who not in self._tokens:
            self._tokens[who] = machine_token(self._platform.state, grant)
        try:
            answer = await self._client.get(
                next(self._at[service]) + path, params=query, headers={"authorization": f"Bearer {self._tokens[who]}"}
            )
        except httpx.TransportError:  # a service that did not come back is for the judge to name
            return 0, None
        return answer.status_code, answer.json() if answer.status_code == httpx.codes.OK else None

    async def _status(self, asked: tuple[str, str]) -> dict[str, Any]:
        case, partner = asked
        status, body = await self._get("intake", f"/v1/submissions/{case}", Grant("partner", partner=partner))
        return {"case_id": case, "status_code": status, "body": body}

    async def _timeline(self, case: str) -> dict[str, Any]:
        status, body = await self._get("reporting", f"/v1/cases/{case}/timeline", Grant("ops"))
        return {"case_id": case, "status_code": status, "body": body}

    async def _day_list(self, asked: tuple[str, str]) -> dict[str, Any]:
        desk, day = asked
        status, body = await self._get("scheduling", f"/v1/desks/{desk}/day", Grant("desk", locations=(EVERY,)), date=day)
        return {"desk": desk, "date": day, "status_code": status, "body": body}

    async def _indicator(self, key: str) -> dict[str, Any]:
        """Over the whole run by the clock of the services."""
        today = ShiftedClock(self._platform.state.clock).now().date()
        period = {"from": (today - timedelta(days=90)).isoformat(), "to": (today + timedelta(days=2)).isoformat()}
        _, body = await self._get("reporting", f"/v1/indicators/{key}", Grant("analyst"), **period)
        events = [one async for one in self._events(key, period)]
        return {"k": key, "query": period, "body": body, "events": events}

    async def _events(self, key: str, period: dict[str, str]) -> AsyncIterator[Any]:
        page, total = 1, 1
        while (page - 1) * PAGE < total:
            _, body = await self._get("reporting", f"/v1/indicators/{key}/events", Grant("analyst"), **period, page=page, pageSize=PAGE)
            if body is None:
                return
            for one in body["items"]:
                yield one
            page, total = page + 1, body["total"]


async def write_lines(path: Path, asked: Iterable[Any], answer: Callable[[Any], Awaitable[dict[str, Any]]]) -> None:
    """One line per question, in their order."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(question: Any) -> bytes:
        async with room:
            return orjson.dumps(await answer(question))

    lines = await asyncio.gather(*map(one, asked))
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def taken(calls: Path) -> dict[str, str]:
    """The partner of every case that was answered 202."""
    partners, found = dict[int, str](), dict[str, str]()
    for text in calls.read_bytes().splitlines():
        line = orjson.loads(text)
        if line.get("kind") == "submit":
            partners[line["n"]] = line["partner"]
        elif line.get("case_id") and line["n"] in partners:
            found[line["case_id"]] = partners[line["n"]]
    return found


def line_of(record: Any) -> dict[str, Any]:
    """A record as the judge reads it."""
    value, key = record.value(), record.key()
    return {
        "topic": record.topic(),
        "partition": record.partition(),
        "offset": record.offset(),
        "timestamp": record.timestamp()[1],
        "key": None if key is None else key.decode("latin-1"),
        "headers": {name: None if text is None else text.decode("latin-1") for name, text in record.headers() or []},
        "value": None if value is None else b64encode(value).decode(),
    }


def desk_day(value: bytes | None) -> set[tuple[str, str]]:
    """Where and when an appointment is; nothing for what is none."""
    try:
        booked = json.loads(value or b"")
        return {(booked["deskId"], booked["startsAt"][:10])}
    except (ValueError, KeyError, TypeError):
        return set()
