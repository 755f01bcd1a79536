"""One partner who hands in whatever the gate may take and may not, at a pace of his own, and connections that withhold their last bytes."""

import asyncio
import hashlib
import resource
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chaos.driver.calls import Came
from chaos.driver.households import PAPERS
from chaos.driver.partners import Partners, Submission
from chaos.region import HALLS, municipality

HOSTILE = "university"
BURST, RATE = 60, 4.0
"""Submissions at once at the beginning, each taken before the first of them has failed; then so many a second."""
WITHHELD, BYTES = 900, 16_384
"""Connections that send most of a body and then nothing, and how much they send."""
AGAIN = 15.0
"""Seconds until a connection that was hung up on is opened again: the others have the same process to hand in from."""
SETTLED = 3.0
"""Seconds until the clock has moved to its first day: whatever was signed before that is stale."""
FILES = 4096
PRODUCTS = ["brp_first_registration", "document_collection"]
MOST_PERSONS = 13
"""As many as a visit for all products can help."""
NUMBERS = ("123\u00a0456\u00a0782", "1 2 3 4 5 6 7 8 2", "NL123456782B01", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff12")
"""A test number of citizens in disguise."""


@dataclass
class Hostile:
    """What he does beside the others; each call is in the ledger, each in its own way."""

    partners: Partners
    today: Callable[[], date]
    draw: Random
    sent: list[Submission] = field(default_factory=list)

    async def live(self, addresses: list[str], ends: float) -> None:
        """Until that moment of the loop's clock."""
        loop = asyncio.get_running_loop()
        lines = asyncio.create_task(self._withhold(addresses))
        await asyncio.sleep(SETTLED)
        await asyncio.gather(*(self._ordinary(number) if number % 3 else self._widest(number) for number in range(BURST)))
        under_way, number = set[asyncio.Task[Any]](), BURST
        while loop.time() < ends:
            task = asyncio.ensure_future(self._one(number))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
            await asyncio.sleep(1 / RATE)
        lines.cancel()
        await asyncio.gather(lines, *under_way, return_exceptions=True)

    async def _one(self, number: int) -> None:
        kinds: tuple[Callable[[int], Awaitable[Came | None]], ...] = (
            self._ordinary,
            self._widest,
            self._number_in_disguise,
            self._unsigned,
            self._replay,
        )
        await kinds[number % len(kinds)](number)

    async def _ordinary(self, number: int, intent: str = "hostile", persons: int = 1, **more: Any) -> Came:
        submission = Submission(self.partners, HOSTILE, f"hostile-{number}", self._asked(persons) | more)
        self.sent.append(submission)
        return await submission.send(intent)

    async def _widest(self, number: int) -> Came:
        """As far as the bounds of days, numbers and groups go, at one end or the other."""
        far = self.draw.choice((True, False))
        ahead, back = timedelta(days=731), timedelta(days=366)
        day = self.today() + ahead if far else self.today() - back
        months = 1200 if far else 0
        return await self._ordinary(number, "hostile:widest", MOST_PERSONS, notBefore=day.isoformat(), stayMonths=months)

    async def _number_in_disguise(self, number: int) -> Came:
        contact = {"name": self.draw.choice(NUMBERS), "email": "hostile@example.org"}
        return await self._ordinary(number, "poison:number", contact=contact)

    async def _unsigned(self, number: int) -> Came:
        """The signature is that of other bytes."""
        submission = Submission(self.partners, HOSTILE, f"hostile-{number}", self._asked(1))
        body = submission.body(stayMonths=36)
        headers = self.partners.signed(HOSTILE, submission.event_id, submission.body())
        about = {"partner": HOSTILE, "source": self.partners.sources[HOSTILE], "event_id": submission.event_id}
        about |= {"intent": "poison:signature", "fingerprint": hashlib.sha256(body).hexdigest()}
        return await self.partners.calls.submit(about, headers, body)

    async def _replay(self, _number: int) -> Came:
        return await self.draw.choice(self.sent).send("same")

    def _asked(self, persons: int) -> dict[str, Any]:
        numbers = list(range(1, persons + 1))
        return {
            "caseType": "student_group_intake",
            "purpose": "study",
            "municipalityCode": municipality(self.draw.randrange(HALLS)),
            "language": "en",
            "channel": "api",
            "initiatorRole": "institution",
            "stayMonths": 24,
            "contact": {"name": f"{self.partners.marker} hostile", "email": f"{self.partners.marker}.hostile@example.org"},
            "persons": [{"number": n, "nationalityGroup": "other", "language": "en", "documents": PAPERS["other"]} for n in numbers],
            "formalities": [{"product": product, "persons": numbers} for product in PRODUCTS],
        }

    async def _withhold(self, addresses: list[str]) -> None:
        """Until cancelled."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
        await asyncio.gather(*(self._withhold_one(addresses[number % len(addresses)], number) for number in range(WITHHELD)))

    async def _withhold_one(self, address: str, number: int) -> None:
        """Send most of a body under headers that look right, and wait until one is hung up on; for ever."""
        place = urlsplit(address)
        while True:
            told = {"host": place.netloc, "content-length": str(BYTES + 1)} | self.partners.signed(HOSTILE, f"withheld-{number}", b"{}")
            head = "".join([f"{name}: {value}\r\n" for name, value in told.items()])
            await withhold(place, f"POST /v1/events HTTP/1.1\r\n{head}\r\n".encode() + b" " * BYTES)
            await asyncio.sleep(AGAIN)


async def withhold(place: SplitResult, most: bytes) -> None:
    """Until one is hung up on."""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            writer.write(most)
            await writer.drain()
            await reader.read()
        finally:
            writer.transport.abort()
