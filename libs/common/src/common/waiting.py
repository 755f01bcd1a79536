"""Waits for what is outside: without end while it is away at a start, and not for long at a stop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from common.errors import Unavailable

FAREWELL = 2.0
"""Seconds for a connection to be closed by both sides. Over TLS asyncio waits thirty for an answer of the broker that may not come."""
_closing: set[asyncio.Task[Any]] = set()


async def until_there(work: Callable[[], Awaitable[None]], log: Any) -> None:
    """Keep trying: a store that is not there yet is no reason to give up."""
    said = False
    while True:
        try:
            return await work()
        except Unavailable as error:
            if not said:
                log.warning("store not reachable", reason=str(error))
            said = True
            await asyncio.sleep(1)


async def within(seconds: float, part: str, work: Coroutine[Any, Any, None], log: Any) -> None:
    """Leave behind what cannot end because something outside is away: all that was accepted lies in the store."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        log.warning("left behind at the stop", reason=part, seconds=seconds)
    elif not task.cancelled() and (error := task.exception()):
        log.error("stopped badly", reason=part, error=error)


async def let_go(closing: Coroutine[Any, Any, Any], patience: float = FAREWELL) -> None:
    """Close a client of Kafka, or leave it to close by itself where the other side takes its time."""
    task = asyncio.create_task(closing)
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    done, _ = await asyncio.wait({task}, timeout=patience)
    if done:
        task.result()
