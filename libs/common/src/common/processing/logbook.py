"""The logbook of a service: makes its processing records, writes those of readings, and finds and forgets them."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from common.aggregate import Aggregate, Mark
from common.clock import Clock
from common.errors import Unavailable
from common.events.base import Message
from common.ids import derived
from common.processing.record import ProcessingRecord, Status
from common.processing.register import Action, Register, Unregistered
from common.store.port import Range, Store, plain
from common.subscribing import Processing
from common.telemetry import traceparent_of_request

Reading = Callable[[Iterable[UUID]], Awaitable[None]]
AT_ONCE = 1000
EVERY = timedelta(hours=1)


class Logbook:
    """Knows no values of personal data, and people by pseudonym only."""

    def __init__(self, register: Register, key: str, store: Store, clock: Clock) -> None:
        self._register, self._key, self._store, self._clock = register, key.encode(), store, clock

    def action(self, key: str) -> Action:
        """The action with this key in the register; raises `Unregistered`."""
        try:
            return self._register.actions[key]
        except KeyError:
            raise Unregistered(key) from None

    def pseudonym(self, person: UUID) -> str:
        """Always the same for one person, and only with our key: who has events with their ids cannot join them with records."""
        return hmac.digest(self._key, person.bytes, "sha256").hex()[:32]

    def records(
        self, processing: Processing, aggregate: Aggregate, message: Message, mark: Mark | None, trace: str, began: datetime
    ) -> Sequence[ProcessingRecord]:
        """Of a message that is about to change an aggregate, if it concerns anybody; under an id that a repetition would give again."""
        subjects = tuple(map(self.pseudonym, processing.whose(aggregate, message)))
        if not subjects:
            return ()
        occasion: object = aggregate.version + 1 if mark is None else f"{mark.source}@{mark.sequence}"
        if processing.occasion is not None:
            occasion = processing.occasion(message)
        id_ = derived("processing", processing.action, aggregate.collection, aggregate.id, occasion)
        status: Status = "Error" if processing.failed is not None and processing.failed(message) else "Unset"
        times = (began, self._clock.now())
        return (ProcessingRecord.of(id_, self.action(processing.action), subjects, times, trace, status),)

    def reading(self, key: str) -> Reading:
        """For a route that answers with personal data: to be awaited before it does, since nothing is read without a record."""
        action = self.action(key)

        async def read(persons: Iterable[UUID]) -> None:
            now, subjects = self._clock.now(), tuple(map(self.pseudonym, persons))
            if subjects:
                await self._store.save(
                    ProcessingRecord.of(uuid4(), action, subjects, (now, now), traceparent_of_request.get(), "Unset"), ()
                )

        return read

    async def page(self, after: str | None, since: datetime | None, until: datetime | None, limit: int) -> list[ProcessingRecord]:
        """Records in the order of time; `after` is the place of the last one seen."""
        start = f"{after}~" if after else since and plain(since)
        return await self._store.find(ProcessingRecord, {"place": Range(start, until and plain(until))}, order="place", limit=limit)

    async def forget(self) -> None:
        """Remove what has been kept long enough."""
        limit = self._clock.now() - timedelta(days=self._register.kept_days)
        while old := await self.page(None, None, limit, AT_ONCE):
            for record in old:
                await self._store.delete(ProcessingRecord, record.id)

    async def forget_for_ever(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            with suppress(Unavailable):  # the next hour will do
                await self.forget()
            await asyncio.sleep(EVERY.total_seconds())
