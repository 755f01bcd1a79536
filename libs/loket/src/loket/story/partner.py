"""A partner organisation: signs its events as Standard Webhooks asks for, and hands them in."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx
import orjson
from standardwebhooks import Webhook

from loket.story.patience import ask
from loket.story.script import Submission

TYPE = "nl.arbeidsmarktdiensten.{event}.v1"


@dataclass(frozen=True)
class Answer:
    """What the gateway said, and the id under which a submission is known."""

    status: int
    case_id: UUID | None


class Partners:
    """All partners of the region; each signs with the newest of its own secrets."""

    def __init__(self, client: httpx.AsyncClient, intake: str, secrets: Path, sources: dict[str, str]) -> None:
        self._client, self._intake, self._sources = client, intake, sources
        self._webhooks = {partner: Webhook((secrets / partner).read_text(encoding="utf-8").split()[0]) for partner in sources}

    async def hand_in(self, submission: Submission, now: datetime) -> Answer:
        """Send a submission; the same one twice has the same bytes."""
        event = {
            "specversion": "1.0",
            "id": str(submission.id),
            "source": self._sources[submission.partner],
            "type": TYPE.format(event=submission.event),
            "datacontenttype": "application/json",
            "data": submission.data,
        }
        return await self._post(submission.partner, str(submission.id), orjson.dumps(event), now)

    async def hand_in_broken(self, submission: Submission, now: datetime) -> Answer:
        """Send what no gateway should take: a language that is none, and no persons."""
        broken = submission.model_copy(
            update={"id": UUID(int=submission.id.int ^ 1), "data": {**submission.data, "language": "xx", "persons": []}}
        )
        return await self.hand_in(broken, now)

    async def _post(self, partner: str, id_: str, body: bytes, now: datetime) -> Answer:
        headers = {
            "content-type": "application/cloudevents+json",
            "loket-partner": partner,
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhooks[partner].sign(id_, now, body.decode()),
        }
        response = await ask(self._client, "POST", f"{self._intake}/v1/events", content=body, headers=headers)
        accepted = response.status_code == httpx.codes.ACCEPTED
        return Answer(response.status_code, UUID(response.json()["id"]) if accepted else None)
