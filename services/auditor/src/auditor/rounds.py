"""Looks once, or again and again until told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

STOPPING = 0.5  # seconds for a look that is dropped to let go of its connections
Look = Callable[[], Awaitable[int]]


def run(look: Look, every: float | None) -> int:
    """The status of the only look, or 0 when told to stop; SIGTERM and Ctrl-C end it within a second or two."""
    return asyncio.run(_until_signalled(look, every))


async def _until_signalled(look: Look, every: float | None) -> int:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    status = await rounds(look, every, stop)
    if stop.is_set():
        sys.stdout.flush()
        os._exit(status)  # nothing is kept, and an unfinished name lookup would hold the process for many seconds
    return status


async def rounds(look: Look, every: float | None, stop: asyncio.Event) -> int:
    """The same, told to stop by an event. A look that is under way is dropped; one that fails is named and the next is made."""
    while not stop.is_set():
        status = await _one(look, stop)
        if every is None and status is not None:
            return status
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await stop.wait()
    return 0


async def _one(look: Look, stop: asyncio.Event) -> int | None:
    """The status of a look, or None when it was dropped."""
    looking, stopping = asyncio.ensure_future(_named(look)), asyncio.ensure_future(stop.wait())
    await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if looking.done():
        return looking.result()
    looking.cancel()
    await asyncio.wait({looking}, timeout=STOPPING)
    return None


async def _named(look: Look) -> int:
    try:
        return await look()
    except Exception as error:  # noqa: BLE001 - one look that fails must not end all others; its text may quote an answer
        sys.stderr.write(f"not asked: this look failed with {type(error).__name__}\n")
        return 2
