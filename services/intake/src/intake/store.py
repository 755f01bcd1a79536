"""Cases as they lie in the store."""

from collections.abc import Sequence

from common.events.case import Status
from common.store.port import Collection, Range, Value
from intake.domain.case import Attention, Case


class StoredCases(Collection[Case]):
    """Cases, found by status and the moment of receipt."""

    async def page(self, status: Status | None, attention: Attention | None, page: int, size: int) -> tuple[Sequence[Case], int]:
        """One page, the newest first, and how many there are in all."""
        asked = {"status": status, "attention": attention}
        where: dict[str, Value | Range] = {field: value for field, value in asked.items() if value is not None}
        found = await self.find(where, order="received_at", newest_first=True, limit=size, skip=(page - 1) * size)
        return found, await self.count(where)
