"""Where messages are kept, also by case and by state for those who look after them."""

from uuid import UUID

from common.store.port import Collection, Range, Store, Value
from notifications.domain import Message, State


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
