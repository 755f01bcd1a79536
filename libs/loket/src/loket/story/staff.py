"""The people at the desks and in the back office, through the routes of the services."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx

from loket.errors import LoketError
from loket.story.patience import ask
from loket.supervisor import SERVICES, Layout
from loket.tokens import Badges

QUIET = ("loket_lag_records{", "loket_outbox_aggregates ")
LOOK = 0.1  # seconds; oftener, the asking takes the processor from those who are asked


class Staff:
    """Each of them with a token of the role that a route is for."""

    def __init__(self, client: httpx.AsyncClient, layout: Layout, badges: Badges) -> None:
        self._client, self._layout, self._badges = client, layout, badges

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """The answer of a route."""
        return await self._ask("GET", service, path, params=query)

    async def post(self, service: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """What a route made of a body."""
        return await self._ask("POST", service, path, json=body or {})

    async def desks(self) -> list[str]:
        """Every desk there is."""
        return [desk["deskId"] for location in await self.get("scheduling", "/v1/locations") for desk in location["desks"]]

    async def locations(self) -> list[str]:
        """Every location there is."""
        return [location["locationId"] for location in await self.get("scheduling", "/v1/locations")]

    async def day_lists(self, desks: Iterable[str], day: date) -> list[dict[str, Any]]:
        """The appointments of all desks on a day, in the order of their times."""
        lists = await asyncio.gather(*(self.get("scheduling", f"/v1/desks/{desk}/day", date=day.isoformat()) for desk in desks))
        return sorted((one for desk in lists for one in desk["appointments"]), key=lambda one: str(one["startsAt"]))

    async def visit_of(self, case: UUID) -> dict[str, Any] | None:
        """The visit of a case."""
        visits = await self.get("scheduling", "/v1/visits", case=str(case))
        return visits[0] if visits else None

    async def settled(self, deadline: float = 60.0) -> None:
        """Wait until no service has records of Kafka or entries of its outbox before it."""
        quiet = 0
        for _ in range(int(deadline / LOOK)):
            quiet = quiet + 1 if all(await asyncio.gather(*map(self._is_quiet, SERVICES))) else 0
            if quiet == 2:  # noqa: PLR2004 - what one look missed, the next one sees
                return
            await asyncio.sleep(LOOK)
        raise LoketError(f"The platform did not come to rest within {deadline:.0f} s; see its logs, and `loket lanes list`.")

    async def _is_quiet(self, service: str) -> bool:
        try:
            metrics = (await self._client.get(self._layout.metrics_address(service))).text
            if not all(line.endswith(" 0.0") for line in metrics.splitlines() if line.startswith(QUIET)):
                return False
            return (await self._client.get(f"{self._layout.address(service)}/health/ready")).is_success
        except httpx.TransportError:
            return False

    async def _ask(self, method: str, service: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self._badges.of(role_for(service, path))}"}
        response = await ask(self._client, method, self._layout.address(service) + path, headers=headers, **more)
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise LoketError(f"{method} {service} {response.request.url.path} answered {response.status_code}: {response.text[:300]}")
        return response.json() if response.content else None


def role_for(service: str, path: str) -> str:
    """Who does what in the story."""
    if service == "scheduling":
        return "case-worker" if path.startswith("/v1/closures") else "desk"
    if service == "reporting":
        return "analyst" if path.startswith("/v1/indicators") else "ops"
    return "case-worker"


def moment(text: str) -> datetime:
    """A moment as the services write it."""
    return datetime.fromisoformat(text)
