"""Facts as the store keeps them, read only where that cannot be avoided."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from common.store.port import Collection, Range, Store
from reporting.domain import Fact

REMEMBERED = 20_000  # ids offered lately; far more than are under way at once
PAGE = 1_000
CASE_LIMIT = 5_000  # facts of one case; an outbox holds 200, so no case comes near it


class Facts:
    """All facts; most are new, so an insert is tried first and a look is taken only at the second try."""

    def __init__(self, store: Store) -> None:
        self._facts = Collection(store, Fact)
        self._offered: OrderedDict[UUID, None] = OrderedDict()  # by age; the oldest of a plain dict is found by way of all that have gone

    async def offered_before(self, id_: UUID, /) -> Fact | None:
        """The fact with this id if it has been asked for before: the runner asks again after a lost insert.

        The memory is a hint. An id that has been forgotten costs one insert that loses and one more try.
        """
        if id_ in self._offered:
            return await self._facts.get(id_)
        self._offered[id_] = None
        if len(self._offered) > REMEMBERED:
            self._offered.popitem(last=False)
        return None

    async def count(self) -> int:
        """How many there are."""
        return await self._facts.count({})

    async def of_case(self, case_id: UUID) -> list[Fact]:
        """What happened to a case, in the order in which it happened."""
        facts = await self._facts.find({"case_id": case_id}, limit=CASE_LIMIT)
        return sorted(facts, key=lambda fact: (fact.occurred_at, fact.sequence, fact.topic, fact.id))

    async def since(self, moment: datetime | None) -> AsyncIterator[list[Fact]]:
        """Facts recorded at or after a moment, in pages by the time of recording; facts of one instant may span pages."""
        start, skip = moment, 0
        while page := await self._facts.find({"recorded_at": Range(start=start)}, order="recorded_at", limit=PAGE, skip=skip):
            yield page
            if len(page) < PAGE:
                return
            last = page[-1].recorded_at
            ties = sum(fact.recorded_at == last for fact in page)
            start, skip = last, skip + ties if last == start else ties
