"""Where messages, contacts and visits are kept."""

from collections.abc import Mapping
from uuid import UUID

from common.store.port import Collection, Store
from notifications.domain import Contact, Message, State, VisitMessages


class StoredMessages(Collection[Message]):
    """Messages, also by case and by state for those who look after them."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Message)

    async def page(self, case_id: UUID | None, state: State | None, page: int, size: int) -> tuple[list[Message], int]:
        """One page, the newest first, and how many there are in all."""
        where: Mapping[str, UUID | State] = {name: value for name, value in (("case_id", case_id), ("state", state)) if value is not None}
        return (
            await self.find(where, order="requested_at", newest_first=True, limit=size, skip=(page - 1) * size),
            await self.count(where),
        )


def contacts(store: Store) -> Collection[Contact]:
    """The copy of how to reach each party."""
    return Collection(store, Contact)


def visits(store: Store) -> Collection[VisitMessages]:
    """What people have been told of each visit."""
    return Collection(store, VisitMessages)
