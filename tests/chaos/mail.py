"""A mail provider that writes down what it is handed before it answers, does not drop a second copy, and has faults of its own.

`python -m chaos.mail PORT LEDGER SEED FAULTS`: a process of its own; with FAULTS 0, and after SIGUSR1, it takes everything at once.
"""

import asyncio
import hashlib
import re
import signal
import sys
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from random import Random

from chaos.ledger import Ledger

ACTS = {"accepted": 880, "accepted_slowly": 40, "accepted_then_reset": 25, "refused_4xx": 25, "refused_5xx": 15, "reset_before": 15}
"""What happens to a letter, by weight out of 1000."""
SLOW = (0.5, 6.0)
TOO_SLOW, SHARE_TOO_SLOW = 24.0, 0.1
"""Seconds that outlast the patience of a client, and the share of the slow ones that do."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Provider:
    """What it does with a letter is drawn from the seed, the letter's id and how often it has come."""

    def __init__(self, ledger: Ledger, seed: int, faults: bool) -> None:
        self._ledger, self._seed, self.faults = ledger, seed, faults
        self._came: Counter[str] = Counter()

    def drawn(self, message_id: str) -> tuple[str, float]:
        """What happens to this letter, and after how many seconds."""
        draw = Random(f"{self._seed}/{message_id}/{self._came[message_id]}")
        self._came[message_id] += 1
        act = draw.choices(list(ACTS), list(ACTS.values()))[0] if self.faults else "accepted"
        slow = TOO_SLOW if draw.random() < SHARE_TOO_SLOW else draw.uniform(*SLOW)
        return act, slow if act == "accepted_slowly" else 0.0

    async def take(self, recipient: str, content: bytes) -> tuple[str, float]:
        """Write it down; what happens to it."""
        letter = message_from_bytes(content)
        message_id = str(letter["Message-ID"] or "")
        found = UUID.search(message_id)
        act, seconds = self.drawn(message_id)
        await self._ledger.noted(
            message_id=message_id,
            notification_id=found[0] if found else None,
            to=hashlib.sha256(recipient.encode()).hexdigest(),
            act=act,
            subject_language=str(letter["Content-Language"] or ""),
        )
        return act, seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await Conversation(self, reader, writer).hold()
        writer.transport.abort()


class Conversation:
    """As much of SMTP as a client needs that sends letters."""

    def __init__(self, provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._provider, self._reader, self._writer = provider, reader, writer
        self._recipient = ""

    async def hold(self) -> None:
        await self._say("220 chaos")
        while word := (await self._reader.readline()).decode("ascii", "replace").strip():
            verb = word[:4].upper()
            if verb == "QUIT":
                await self._say("221 bye")
                return
            if verb == "DATA":
                if not await self._data():
                    return
            elif verb in {"EHLO", "HELO"}:
                await self._say("250-chaos\r\n250-8BITMIME\r\n250 SMTPUTF8" if verb == "EHLO" else "250 chaos")
            else:
                self._recipient = word[8:].strip("<> ") if verb == "RCPT" else self._recipient
                await self._say("250 ok")

    async def _data(self) -> bool:
        """Whether the connection lives on."""
        await self._say("354 go on")
        content = await self._reader.readuntil(b"\r\n.\r\n")
        act, seconds = await self._provider.take(self._recipient, content.replace(b"\r\n..", b"\r\n."))
        await asyncio.sleep(seconds)
        if act in {"accepted_then_reset", "reset_before"}:
            return False
        await self._say({"refused_4xx": "451 not now", "refused_5xx": "554 never"}.get(act, "250 taken"))
        return True

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()


async def serve(port: int, ledger: Path, seed: int, faults: bool) -> None:
    """Until the process is ended."""
    provider = Provider(Ledger(ledger), seed, faults)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(provider, "faults", False))
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, limit=2**20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"))
