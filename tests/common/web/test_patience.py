"""A request has so long to come in whole, and no longer; how long its answer takes is another matter."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from common.patience import MOST_HEAD_BYTES, bounded_protocol

SECONDS = 0.3


class Room:
    """An application that takes the body, thinks about it, and tells what came of it."""

    def __init__(self) -> None:
        self.port, self.thinks, self.taken = 0, 0.0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive()).get("more_body"):
            continue
        if message["type"] == "http.disconnect":
            return
        await asyncio.sleep(self.thinks)
        self.taken += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    config = uvicorn.Config(made, "127.0.0.1", 0, http=bounded_protocol(SECONDS), lifespan="off", log_config=None, timeout_keep_alive=5)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    made.port = server.servers[0].sockets[0].getsockname()[1]
    yield made
    server.should_exit = True
    await serving


async def hung_up(reader: asyncio.StreamReader) -> bool:
    """Whether the other side hangs up soon, with no answer."""
    try:
        async with asyncio.timeout(SECONDS * 10):
            return await reader.read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
async def test_who_does_not_come_to_an_end_is_hung_up_on(room: Room, said: bytes) -> None:
    reader, writer = await room.line()
    writer.write(said)

    assert await hung_up(reader)
    assert room.taken == 0
    writer.close()


async def test_a_byte_now_and_then_buys_no_time(room: Room) -> None:
    reader, writer = await room.line()
    writer.write(b"GET / HTTP/1.1\r\nx-slow: ")
    hanging_up = asyncio.create_task(hung_up(reader))
    for _ in range(20):
        await asyncio.sleep(SECONDS / 5)
        writer.write(b"x")

    assert await hanging_up
    writer.close()


async def test_a_second_request_on_the_same_line_has_no_more_time_than_the_first(room: Room) -> None:
    reader, writer = await room.line()
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.write(b"GET / HTTP/1.1\r\nx-slow: ")

    assert await hung_up(reader)
    writer.close()


async def test_an_answer_may_take_longer_than_a_question(room: Room) -> None:
    room.thinks = SECONDS * 3
    reader, writer = await room.line()
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")

    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_between_two_requests_there_is_more_time_than_within_one(room: Room) -> None:
    reader, writer = await room.line()
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"ok")
        await asyncio.sleep(SECONDS * 2)

    assert room.taken == 2
    writer.close()


async def test_a_head_that_does_not_end_is_cut_off_at_its_bound(room: Room) -> None:
    reader, writer = await room.line()
    writer.write(b"GET / HTTP/1.1\r\n" + (b"x: " + b"x" * 1000 + b"\r\n") * (MOST_HEAD_BYTES // 1000 + 2))
    began = asyncio.get_running_loop().time()

    assert await hung_up(reader)
    assert asyncio.get_running_loop().time() - began < SECONDS / 2
    writer.close()
