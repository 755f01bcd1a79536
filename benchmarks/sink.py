"""A mail server in its own process that notes when each letter came and throws it away: `sink.py <smtp port> <control port>`."""

import asyncio
import sys
from time import monotonic
from typing import Any

import orjson
import uvloop

came: dict[str, list[float]] = {}
"""The moments (CLOCK_MONOTONIC) at which letters came, by recipient."""


class Smtp(asyncio.Protocol):
    """As much of SMTP as a client that sends needs."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._buffer, self._recipient, self._data = b"", "", False
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = self._buffer.find(b"\r\n.\r\n" if self._data else b"\r\n")
        if end < 0:
            return False
        if self._data:
            self._buffer = self._buffer[end + 5 :]
            self._take()
            return True
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        self._command(line)
        return True

    def _take(self) -> None:
        came.setdefault(self._recipient, []).append(monotonic())
        self._data = False
        self._transport.write(b"250 taken\r\n")

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line[line.index(b"<") + 1 : line.index(b">")].decode()
        self._data = verb == b"DATA"
        answers = {b"DATA": b"354 go on\r\n", b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n", b"QUIT": b"221 bye\r\n"}
        self._transport.write(answers.get(verb, b"250 fine\r\n"))


async def _control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`count`: the letters so far; `all`: every moment by recipient; `forget`: begin anew."""
    while line := await reader.readline():
        word = line.strip()
        if word == b"forget":
            came.clear()
        answer = came if word == b"all" else sum(map(len, came.values()))
        writer.write(orjson.dumps(answer) + b"\n")
        await writer.drain()
    writer.close()


async def main() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    await loop.create_server(Smtp, "127.0.0.1", int(sys.argv[1]))
    server = await asyncio.start_server(_control, "127.0.0.1", int(sys.argv[2]), limit=2**30)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
