"""Facts as the store keeps them, read only where that cannot be avoided."""

from uuid import UUID

from common.store.port import Collection, Store
from reporting.domain import Fact

REMEMBERED = 20_000  # ids offered lately; far more than are under way at once


class Facts(Collection[Fact]):
    """All facts; most are new, so an insert is tried first and a look is taken only at the second try."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Fact)
        self._offered: dict[UUID, None] = {}  # in order of age

    async def offered_before(self, id_: UUID, /) -> Fact | None:
        """The fact with this id if it has been asked for before: the runner asks again after a lost insert.

        The memory is a hint. An id that has been forgotten costs one insert that loses and one more try.
        """
        if id_ in self._offered:
            return await self.get(id_)
        self._offered[id_] = None
        if len(self._offered) > REMEMBERED:
            del self._offered[next(iter(self._offered))]
        return None

    async def count(self, where: object = None) -> int:  # type: ignore[override]
        """How many there are."""
        return await self._store.count(Fact, {})
