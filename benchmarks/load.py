"""A load client in its own process: signs its submissions beforehand, then sends them over raw sockets, as fast as answered or at a rate.

`load.py <options as JSON>` prints one line of JSON; moments are CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import sys
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import httptools
import orjson
import uvloop
from region import PARTNER, PARTNER_SOURCE, municipality

DAY = 8_000  # visits asked for on one day, of the 11,520 that fit
LETTERS = str.maketrans("0123456789", "abcdefghij")  # an id with nine digits in a row could be a citizen service number


class Options(NamedTuple):
    """What to send, and how."""

    port: int
    secret: str
    run: str
    count: int
    first: int = 0
    connections: int = 64
    rate: float = 0  # submissions per second, each at its own moment whatever the answers do; 0: as fast as answered
    batch: int = 1
    moments: str = ""  # a file for the moment that each submission was meant to leave, by recipient


class Prepared(NamedTuple):
    """A request as it goes over the wire, and who will get mail."""

    wire: bytes
    recipients: tuple[str, ...]


def prepare(options: Options) -> list[Prepared]:
    """Every request of the run, signed."""
    now = datetime.now(UTC)
    key = b64decode(options.secret.removeprefix("whsec_"))
    numbers = range(options.first, options.first + options.count)
    return [_request(options, key, now, [*numbers[n : n + options.batch]]) for n in range(0, options.count, options.batch)]


def _request(options: Options, key: bytes, now: datetime, numbers: list[int]) -> Prepared:
    names = [f"{options.run}{number}".translate(LETTERS) for number in numbers]
    events = [_event(name, number, now) for name, number in zip(names, numbers, strict=True)]
    body = orjson.dumps(events if options.batch > 1 else events[0])
    kind = "-batch" if options.batch > 1 else ""
    stamp = str(int(now.timestamp()))
    from intake.gateway.signature import sign  # noqa: PLC0415 - only where something is signed

    head = (
        f"POST /v1/events HTTP/1.1\r\nhost: intake\r\ncontent-type: application/cloudevents{kind}+json\r\ncontent-length: {len(body)}\r\n"
        f"loket-partner: {PARTNER}\r\nwebhook-id: {names[0]}\r\nwebhook-timestamp: {stamp}\r\n"
        f"webhook-signature: v1,{sign(key, names[0], stamp, body).decode()}\r\n\r\n"
    )
    return Prepared(head.encode() + body, tuple(f"{name}@bench.example" for name in names))


def _event(name: str, number: int, now: datetime) -> dict[str, Any]:
    """A household of one that registers with all its documents: one desk, one appointment, two letters."""
    language = ("nl", "en", "de", "fr")[number % 4]
    data = {
        "caseType": "brp_first_registration",
        "purpose": "eu_work",
        "municipalityCode": municipality(number),
        "language": language,
        "channel": "web",
        "initiatorRole": "client",
        "stayMonths": 24,
        "contact": {"name": "A. Example", "email": f"{name}@bench.example"},
        "persons": [{"number": 1, "nationalityGroup": "eu_eea_ch", "language": language, "documents": ["passport", "tenancy"]}],
        "formalities": [{"product": "brp_first_registration", "persons": [1]}],
        "notBefore": (now + timedelta(days=7 + number // DAY)).date().isoformat(),  # far enough for a reminder that waits
    }
    kind = "nl.arbeidsmarktdiensten.case-submitted.v1"
    return {"specversion": "1.0", "id": name, "source": PARTNER_SOURCE, "type": kind, "data": data}


class Line(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self._answer: asyncio.Future[None] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed"))

    def on_message_complete(self) -> None:
        self.statuses[self._parser.get_status_code()] += 1
        assert self._answer is not None
        self._answer.set_result(None)

    async def ask(self, wire: bytes) -> float:
        """Send, and give the moment of the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(wire)
        await self._answer
        return monotonic()


async def play(options: Options, requests: list[Prepared]) -> dict[str, Any]:
    """Send everything, and say what came of it."""
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(Line, "127.0.0.1", options.port))[1] for _ in range(options.connections)]
    began, spent, left = monotonic() + 0.2, [], list(reversed(list(enumerate(requests))))
    meant = [began + number * options.batch / options.rate if options.rate else began for number in range(len(requests))]

    async def work(line: Line) -> None:
        while left:
            number, request = left.pop()
            if options.rate and (wait := meant[number] - monotonic()) > 0:
                await asyncio.sleep(wait)
            sent = meant[number] if options.rate else monotonic()
            spent.append(await line.ask(request.wire) - sent)

    await asyncio.sleep(began - monotonic())
    await asyncio.gather(*map(work, lines))
    seconds = monotonic() - began
    if options.moments:
        moments = {recipient: moment for request, moment in zip(requests, meant, strict=True) for recipient in request.recipients}
        Path(options.moments).write_bytes(orjson.dumps(moments))
    statuses = sum((line.statuses for line in lines), Counter())
    return {"statuses": {str(status): count for status, count in statuses.items()}, "seconds": seconds, "spent": sorted(spent)}


if __name__ == "__main__":
    OPTIONS = Options(**orjson.loads(sys.argv[1]))
    print(orjson.dumps(uvloop.run(play(OPTIONS, prepare(OPTIONS)))).decode())
