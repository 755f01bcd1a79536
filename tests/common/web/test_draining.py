"""A process that is told to stop is unready at once, and answers until balancers have heard of it."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from chassis import until

from common import serving


class Replica:
    """An application that says whether it is ready and takes whatever is posted."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(draining=False)
        config = uvicorn.Config(self, "127.0.0.1", 0, lifespan="off", log_config=None)
        self.server = serving.Server(config, self.state, drain=0.4)  # type: ignore[arg-type]
        self.running = asyncio.create_task(self.server._serve())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ready = scope["path"] != "/health/ready" or not self.state.draining
        await asyncio.sleep(0.002)
        await send({"type": "http.response.start", "status": 200 if ready else 503, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def address(self) -> str:
        while not self.server.started:
            await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"


async def test_a_roll_over_two_replicas_refuses_no_post(monkeypatch: pytest.MonkeyPatch) -> None:
    """A balancer looks at readiness every 0.05 s and sends to who was ready at its last look."""
    later: list[Callable[[], None]] = []
    monkeypatch.setattr(serving, "_later", lambda _seconds, work: later.append(work))
    replicas, answers, over = [Replica(), Replica()], Counter[int](), asyncio.Event()
    addresses = [await replica.address() for replica in replicas]
    ready = list(addresses)
    async with httpx.AsyncClient(trust_env=False) as client:

        async def balance() -> None:
            while not over.is_set():
                looks = [(address, await client.get(f"{address}/health/ready")) for address in ready]
                ready[:] = [address for address, look in looks if look.status_code == 200]
                await asyncio.sleep(0.05)

        async def post() -> None:
            while not over.is_set():
                answers[(await client.post(f"{ready[-1]}/v1/events", headers={"connection": "close"})).status_code] += 1

        working = [asyncio.create_task(work()) for work in (balance, post, post)]
        await asyncio.sleep(0.1)
        replicas[1].server.handle_exit(signal.SIGTERM, None)
        await until(lambda: ready == addresses[:1])
        enough = answers.total() + 10  # by then nothing is on its way to the one that stops
        await until(lambda: answers.total() > enough)
        later[0]()
        await replicas[1].running
        over.set()
        await asyncio.gather(*working)
    replicas[0].server.should_exit = True
    await replicas[0].running
    assert set(answers) == {200}
