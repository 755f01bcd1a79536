"""The wire between the services and what they talk to: a process that hands bytes on, and when told to, does not.

`python -m chaos.wire CONTROL_PORT NAME=LISTEN:TO …`; on the control port it takes lines such as
`{"place": "kafka-1", "fault": "wire_stall", "seconds": 3, "share": 0.5, "seed": 7}`.
"""

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from functools import partial
from random import Random

import orjson

HOST = "127.0.0.1"
AWAY = frozenset({"wire_refused", "wire_silent"})
AT_ONCE = struct.pack("ii", 1, 0)
"""Closed so, a connection ends with a reset and what was under way is lost."""


class Pipe:
    """One connection and its other half."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._near, self._far = near, far
        self._flows = asyncio.Event()
        self._flows.set()
        self._deaf = False

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool) -> None:
        """Hand on what comes until one side ends."""
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._flows.wait()
                if not (replies and self._deaf):
                    writer.write(data)
                    await writer.drain()
        self.cut()

    def cut(self) -> None:
        """Both sides see their connection reset."""
        for side in (self._near, self._far):
            with suppress(OSError, ValueError, AttributeError):  # it may be closed already
                side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            side.transport.abort()
        self._flows.set()

    async def stall(self, seconds: float) -> None:
        """Nothing passes for a while, then everything that waited."""
        self.hold()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.release()

    def hold(self) -> None:
        """Let nothing pass."""
        self._flows.clear()

    def release(self) -> None:
        """Let pass what waited."""
        self._flows.set()

    async def drop_replies(self, seconds: float) -> None:
        """What is asked arrives, what is answered does not; then the connection ends."""
        self._deaf = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self.cut()


class Place:
    """One address that is listened on, and where it leads."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pipes: set[Pipe] = set()
        self._refuses = self._silent = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            writer.transport.abort()
            return
        pipe = Pipe(writer, far_writer)
        if self._refuses:
            pipe.cut()
            return
        if self._silent:
            pipe.hold()
        self._pipes.add(pipe)
        await asyncio.gather(pipe.pump(reader, far_writer, replies=False), pipe.pump(far_reader, writer, replies=True))
        self._pipes.discard(pipe)

    async def go_away(self, fault: str, seconds: float) -> None:
        """Nobody comes through for a while: connections end and new ones too, or all stay open and nothing passes."""
        self._refuses, self._silent = fault == "wire_refused", fault == "wire_silent"
        for pipe in list(self._pipes):
            pipe.cut() if self._refuses else pipe.hold()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._refuses = self._silent = False
            for pipe in self._pipes:
                pipe.release()

    async def suffer(self, fault: str, seconds: float, draw: Random, share: float) -> None:
        """A share of the connections that there are now, or, where a place goes away, all that there are and will be."""
        if fault in AWAY:
            await self.go_away(fault, seconds)
            return
        hit = [pipe for pipe in self._pipes if draw.random() < share]
        if fault == "wire_cut":
            for pipe in hit:
                pipe.cut()
            return
        await asyncio.gather(*(pipe.stall(seconds) if fault == "wire_stall" else pipe.drop_replies(seconds) for pipe in hit))


def named(places: dict[str, Place], asked: str) -> list[Place]:
    """`kafka-1` is that broker for everybody, `kafka-1/intake` for intake alone."""
    return [place for name, place in places.items() if name == asked or name.startswith(f"{asked}/")]


async def listen(places: dict[str, Place], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Each fault runs beside the others."""
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        told = orjson.loads(line)
        for place in named(places, told["place"]):
            task = asyncio.create_task(place.suffer(told["fault"], told["seconds"], Random(told["seed"]), told["share"]))
            running.add(task)
            task.add_done_callback(running.discard)
    writer.close()


async def serve(control: int, routes: list[str]) -> None:
    """Until the process is ended."""
    places = {}
    for route in routes:
        name, _, ports = route.partition("=")
        near, _, far = ports.partition(":")
        places[name] = Place(int(far))
        await asyncio.start_server(places[name].serve, HOST, int(near), backlog=512)
    server = await asyncio.start_server(partial(listen, places), HOST, control)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(ImportError):
        import uvloop

        uvloop.install()
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2:]))
