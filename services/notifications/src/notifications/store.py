"""Where messages are kept, also by case and by state for those who look after them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.store.port import Collection, Range, Store, Value
from notifications.domain import Message, State, Template


class UnknownOnes(NamedTuple):
    """Which messages without a known outcome are looked for."""

    since: datetime | None = None
    until: datetime | None = None
    template: Template | None = None
    reason_code: str | None = None
    case_id: UUID | None = None

    def match(self, message: Message) -> bool:
        """By what no index holds; of what is unknown there is never much."""
        asked = ((self.template, message.template), (self.reason_code, message.reason_code), (self.case_id, message.case_id))
        return all(wanted is None or wanted == found for wanted, found in asked)


class StoredMessages(Collection[Message]):
    """The messages of a store."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Message)

    async def page(self, case_id: UUID | None, state: State | None, page: int, size: int) -> tuple[list[Message], int]:
        """One page, the newest first, and how many there are in all."""
        asked: tuple[tuple[str, Value], ...] = (("case_id", case_id), ("state", state))
        where: dict[str, Value | Range] = {name: value for name, value in asked if value is not None}
        found = await self.find(where, order="requested_at", newest_first=True, limit=size, skip=(page - 1) * size)
        return found, await self.count(where)

    async def unknown(self, asked: UnknownOnes, most: int) -> list[Message]:
        """Those whose outcome is unknown, the oldest first."""
        where: dict[str, Value | Range] = {"state": State.UNKNOWN}
        if asked.since is not None or asked.until is not None:
            where["requested_at"] = Range(asked.since, asked.until)
        found = await self.find(where, order="requested_at", limit=most)
        return [message for message in found if asked.match(message)]
