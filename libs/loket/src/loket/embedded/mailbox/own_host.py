"""Answers only who asks this machine by its own name: a page of elsewhere whose name leads here (DNS rebinding) would read the mail."""

from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost", "[::1]")


class OwnHost:
    """421 Misdirected Request (RFC 9110) to anybody else."""

    def __init__(self, app: ASGIApp, port: int, more: Iterable[str] = ()) -> None:
        self._app = app
        self._known = {f"{name}:{port}".encode() for name in (*NAMES, *more)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or hosts[0] not in self._known:
                await PlainTextResponse("The mailbox is on this machine, under its own name.", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)
