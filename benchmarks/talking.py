"""A connection on which one request at a time is answered with status and JSON."""

import asyncio
from typing import Any

import orjson
from load import Line

from common.access.issuing import Grant, Issuer
from common.clock import SystemClock


class Talking(Line):
    """Keeps what is answered, and knows when the other side has hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.status, self.closed = bytearray(), 0, False

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        super().connection_lost(error)

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.status = self._parser.get_status_code()
        super().on_message_complete()


class Speaker:
    """Bears a token, and calls again where a service has hung up on whoever said nothing for some seconds."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._line: Talking | None = None

    async def say(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer; `OSError` when the connection breaks."""
        if self._line is None or self._line.closed:
            self._line = (await asyncio.get_running_loop().create_connection(Talking, "127.0.0.1", self._port))[1]
        content = b"" if body is None else orjson.dumps(body)
        head = f"{method} {path} HTTP/1.1\r\nhost: loket\r\nauthorization: Bearer {self._token}\r\n"
        if content:
            head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        self._line.body.clear()
        await self._line.ask(f"{head}\r\n".encode() + content)
        return self._line.status, orjson.loads(self._line.body)


def token(key: str) -> str:
    """Of somebody who may plan everywhere, for a day."""
    return Issuer(key).token(Grant("case-worker"), SystemClock().now(), 24)
