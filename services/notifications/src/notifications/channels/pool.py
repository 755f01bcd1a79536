"""A few SMTP connections that stay open: each is used by one letter at a time, and thrown away when its state is in doubt."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from aiosmtplib import SMTP, SMTPException


@dataclass(frozen=True)
class Limits:
    """How many connections, and when one is too old to be trusted."""

    connections: int = 8
    letters_per_connection: int = 500
    idle_seconds: float = 20.0


@dataclass
class Line:
    """An open connection and what it has been used for."""

    smtp: SMTP
    letters: int = 0
    idle_since: float = 0.0
    doubtful: bool = False

    @property
    def fresh(self) -> bool:
        """Whether nothing has gone over it yet."""
        return self.letters == 0


class Place:
    """The right to one connection, whether or not it can be opened."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self.line: Line | None = None

    async def connect(self, *, anew: bool = False) -> Line:
        """An open connection, which this place keeps; `anew` never takes one that lay idle. Raises what connecting raises."""
        if self.line is not None:
            self.line.smtp.close()
        self.line = (None if anew else self._pool.idle()) or await self._pool.opened()
        return self.line


class Pool:
    """Lends places for one connection each; who wants one more than there may be waits in turn."""

    def __init__(self, connect: Callable[[], SMTP], limits: Limits) -> None:
        self._connect, self._limits = connect, limits
        self._room = asyncio.Semaphore(limits.connections)
        self._idle: deque[Line] = deque()
        self._waiting, self._moved = 0, monotonic()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """For one letter."""
        self._waiting += 1
        try:
            await self._room.acquire()
        finally:
            self._waiting -= 1
        self._moved = monotonic()
        place = Place(self)
        try:
            yield place
        except BaseException:
            if place.line is not None:
                place.line.doubtful = True
            raise
        finally:
            try:
                if place.line is not None:
                    await self._give_back(place.line)
            finally:
                self._moved = monotonic()
                self._room.release()

    def still_for(self) -> float:
        """Seconds since somebody was given a place or gave one back, while others wait; else 0."""
        return monotonic() - self._moved if self._waiting else 0.0

    async def close(self) -> None:
        """Say goodbye on every connection that lies idle."""
        while self._idle:
            await _quit(self._idle.popleft())

    def idle(self) -> Line | None:
        """One that is open and was used not long ago."""
        while self._idle:
            line = self._idle.pop()  # the one used last is the least likely to have been closed by the server
            if line.smtp.is_connected and monotonic() - line.idle_since < self._limits.idle_seconds:
                return line
            line.smtp.close()
        return None

    async def opened(self) -> Line:
        """A new one."""
        smtp = self._connect()
        await smtp.connect()
        return Line(smtp)

    async def _give_back(self, line: Line) -> None:
        line.letters += 1
        line.idle_since = monotonic()
        if line.doubtful or not line.smtp.is_connected:
            line.smtp.close()
        elif line.letters >= self._limits.letters_per_connection:
            await _quit(line)
        else:
            self._idle.append(line)


async def _quit(line: Line) -> None:
    with suppress(SMTPException, OSError):
        await line.smtp.quit(timeout=1)
    line.smtp.close()
