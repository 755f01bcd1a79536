"""Asks again while a service is away: every route of the story may be asked twice."""

import asyncio
from typing import Any

import httpx

PATIENCE = 40  # attempts, half a second apart
AGAIN = 0.5  # seconds
AWAY = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})


async def ask(client: httpx.AsyncClient, method: str, address: str, **more: Any) -> httpx.Response:
    """The answer of a service, however often it has to be asked."""
    for _ in range(PATIENCE):
        try:
            answer = await client.request(method, address, **more)
        except httpx.TransportError:
            await asyncio.sleep(AGAIN)
            continue
        if answer.status_code not in AWAY:
            return answer
        await asyncio.sleep(AGAIN)
    return await client.request(method, address, **more)
