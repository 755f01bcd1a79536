"""How long a client may take to say what it wants, and how much room it may take up: beyond, it is hung up on."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from common.problems import problem
from common.room import Room, whose

MOST_HEAD_BYTES = 64 * 1024
COME_BACK = "10"  # seconds


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn has it, which by itself waits for ever for a request that has begun, or for one that never does."""

    request_seconds = 20.0
    room = Room()
    address = ""
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes: int | None = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From here to the end of the first request."""
        super().connection_made(transport)
        self.address = whose(self.client[0] if self.client else "")
        self._expect_request()
        self.room.enter(self)

    def data_received(self, data: bytes) -> None:
        """Counts what has come, and of a head that has not ended, by itself."""
        if self._refused_early:
            self.room.release(self)  # the rest of a refused body is dropped as it comes
        self.room.hold(self, len(data))
        if self.transport.is_closing():
            return
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
        self.room.complete(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """What was held for this request is free; a line that now rests is the first to give way."""
        super().on_response_complete()
        if not self.pipeline and self.cycle.response_complete:
            self.room.release(self)
            if self._deadline is None:
                self.room.wait(self)

    def give_way(self) -> None:
        """503 to whoever has had no answer yet, and the end of the connection."""
        answered = self._deadline is None or self._refused_early
        if self._head_bytes is None and self.cycle.response_started and not self.cycle.response_complete:
            self._hang_up()
            return
        if not answered:
            self.transport.write(NO_ROOM)
        self._forget_deadline()
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody to wait for any more."""
        self._forget_deadline()
        self.room.leave(self)
        super().connection_lost(exc)

    @property
    def _refused_early(self) -> bool:
        """Whether a request has its answer and still goes on."""
        return self._head_bytes is None and self._deadline is not None and bool(self.cycle.response_complete)

    def _expect_request(self) -> None:
        self._head_bytes = 0
        self._forget_deadline()
        self.room.wait(self)
        self._deadline = self.loop.call_later(self.request_seconds, self._hang_up)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._forget_deadline()
        self.transport.abort()


def bounded_protocol(seconds: float, room: Room | None = None) -> type[Any]:
    """The protocol with bounds of its own."""
    return type("BoundedProtocol", (BoundedProtocol,), {"request_seconds": seconds, "room": room or Room()})


def _no_room() -> bytes:
    answer = problem(503, "More requests are under way than there is room for; please come back.")
    head = [b"HTTP/1.1 503 Service Unavailable", *(name + b": " + value for name, value in answer.raw_headers)]
    head += [b"retry-after: " + COME_BACK.encode(), b"connection: close", b"", b""]
    return b"\r\n".join(head) + bytes(answer.body)


NO_ROOM = _no_room()
