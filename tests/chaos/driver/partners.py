"""Partners at intake's gateway, in open loop: a submission at its moment whatever the answers do; repeated, altered, late, broken."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import orjson
import yaml
from standardwebhooks import Webhook

from chaos.driver.calls import Calls, Came
from chaos.driver.households import CASE_SUBMITTED, household
from common.clock import ShiftedClock

SAME, ALTERED, REORDERED, BROKEN, LEFT = 0.05, 0.02, 0.03, 0.01, 0.15
"""Shares of the submissions: the same again though answered, altered under the same id, held back, broken, left without an answer."""
AGAIN = (3.0, 10.0)
"""Seconds until somebody without an answer tries again; each time longer."""
TRIES = 5
HELD_BACK = (2.0, 30.0)
LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass
class Taken:
    """A case that exists, and what its partner knows about it."""

    case_id: str
    partner: str
    kind: str
    persons: int
    lacking: tuple[str, ...]


@dataclass
class Partners:
    """All partners of the region."""

    calls: Calls
    clock: ShiftedClock
    secrets: Path
    sources: dict[str, str]
    marker: str
    seed: int
    taken: dict[str, Taken] = field(default_factory=dict)
    sent: int = 0
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the faults have stopped: nobody puts anything off any more."""
    _webhooks: dict[str, Webhook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._webhooks = {partner: Webhook((self.secrets / partner).read_text().split()[0]) for partner in self.sources}

    async def hand_in(self, number: int, today: date) -> None:
        """One household's request, from the first try to the last repetition."""
        draw = Random(f"{self.seed}/{number}")
        name = f"{self.seed}x{number}".translate(LETTERS)
        made = household(draw, today, self.marker, name)
        submission = Submission(self, made.partner, f"chaos-{name}", made.data)
        if draw.random() < BROKEN:
            await submission.send("poison:language", language="xx")
            return
        intent = "new"
        if draw.random() < REORDERED:
            intent = "reordered"
            await self._pause(draw.uniform(*HELD_BACK))
        came = await self._until_answered(submission, draw, intent)
        if came.ok:
            self.taken[came.body["id"]] = Taken(came.body["id"], made.partner, made.kind, len(made.data["persons"]), made.lacking)
        if draw.random() < SAME:
            await self._pause(draw.uniform(0.0, 20.0))
            await submission.send("same")
        if draw.random() < ALTERED:
            await self._pause(draw.uniform(0.0, 20.0))
            await submission.send("altered", stayMonths=36, channel="phone")

    async def _until_answered(self, submission: "Submission", draw: Random, intent: str) -> Came:
        """A partner whose submission got no answer hands in the same bytes until it has one; a few never do."""
        patient = draw.random() >= LEFT
        came = await submission.send(intent)
        for attempt in range(TRIES if patient else 0):
            if came.ok or (came.phase == "refused" and came.status not in {401, 429}):  # its clock may have jumped on the way
                break
            await self._pause(draw.uniform(*AGAIN) * (1 + attempt))
            came = await submission.send("same")
        return came

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.calm.wait(), seconds)

    def signed(self, partner: str, id_: str, body: bytes) -> dict[str, str]:
        """The headers of Standard Webhooks."""
        now = self.clock.now()
        return {
            "content-type": "application/cloudevents+json",
            "loket-partner": partner,
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhooks[partner].sign(id_, now, body.decode()),
        }


@dataclass(frozen=True)
class Submission:
    """One event of a partner; the same one twice has the same bytes."""

    partners: Partners
    partner: str
    event_id: str
    data: dict[str, Any]

    def body(self, **altered: Any) -> bytes:
        """The bytes that are signed."""
        source = self.partners.sources[self.partner]
        event = {"specversion": "1.0", "id": self.event_id, "source": source, "type": CASE_SUBMITTED, "data": self.data | altered}
        return orjson.dumps(event)

    async def send(self, intent: str, **altered: Any) -> Came:
        source, body = self.partners.sources[self.partner], self.body(**altered)
        about = {"partner": self.partner, "source": source, "event_id": self.event_id, "type": CASE_SUBMITTED, "intent": intent}
        self.partners.sent += 1
        headers = self.partners.signed(self.partner, self.event_id, body)
        return await self.partners.calls.submit({**about, "fingerprint": hashlib.sha256(body).hexdigest()}, headers, body)


def sources_of(region: Path) -> dict[str, str]:
    """The CloudEvents source of each partner."""
    return {one["id"]: one["source"] for one in yaml.safe_load((region / "intake" / "partners.yaml").read_text())["partners"]}
