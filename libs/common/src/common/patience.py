"""How long a client may take to say what it wants: a request that has not come whole in time, or whose head does not end, is hung up on."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn has it, which by itself waits for ever for a request that has begun, or for one that never does."""

    request_seconds = 20.0
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes: int | None = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From here to the end of the first request."""
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Counts what has come of a head that has not ended."""
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._hang_up()

    def on_message_begin(self) -> None:
        """From here to the end of a later request; between two of them uvicorn has a timer of its own."""
        super().on_message_begin()
        self._expect_request()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; from here on it is for us to be quick."""
        self._forget_deadline()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody to wait for any more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        self._head_bytes = 0
        self._forget_deadline()
        self._deadline = self.loop.call_later(self.request_seconds, self._hang_up)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._forget_deadline()
        self.transport.abort()


def bounded_protocol(seconds: float) -> type[Any]:
    """The protocol with a bound of its own."""
    return type("BoundedProtocol", (BoundedProtocol,), {"request_seconds": seconds})
