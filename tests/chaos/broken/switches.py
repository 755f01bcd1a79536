"""What only real processes have to break: the SQLite store, FastStream's options, redelivery after seconds, a redrive."""

from contextvars import ContextVar
from datetime import datetime
from math import inf
from random import random
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from broken_builds import Patch, events_of_an_aggregate_sent_at_once, lane_redriven_newest_first, no_marks
from faststream.kafka import KafkaBroker

from common.consuming import Consuming
from common.settling import Settling
from common.store.writing import Writer
from notifications.domain import VisitMessages
from reporting.domain import Fact
from reporting.store import Facts

WINDOW = 10.0  # seconds
"""Shorter than a session of Kafka's: what a killed process leaves behind comes again after fifteen seconds."""
APART = 0.05  # seconds by which events that are sent at once miss each other at most
STUMBLES = 64  # of so many cases one meets the bug; more would open the breaker


def relay_out_of_order(patch: Patch) -> None:
    """Events of an aggregate are sent at once; whichever comes first is first."""
    events_of_an_aggregate_sent_at_once(patch, lambda: APART * random())


def no_compare_and_set(patch: Patch) -> None:
    """The last who writes wins, whatever it has read."""
    original = Writer.save

    def newest(writer: Any, saving: Any) -> Any:
        found = writer._db.execute(f'select version from "{saving.key[0]}" where id = ?', [saving.key[1]]).fetchone()
        return saving if found is None else saving._replace(version=found[0] + 1)

    def save(self: Any, savings: Any) -> list[bool]:
        return [saved for saving in savings for saved in original(self, [newest(self, saving)])]

    patch.setattr(Writer, "save", save)


def offsets_start_at_latest(patch: Patch) -> None:
    """FastStream's own default: what was told before the first commit is never read."""
    original = KafkaBroker.subscriber

    def subscriber(self: Any, *topics: str, **options: Any) -> Any:
        return original(self, *topics, **(options | {"auto_offset_reset": "latest"}))

    patch.setattr(KafkaBroker, "subscriber", subscriber)


def no_dedupe(patch: Patch) -> None:
    """A message that comes again is another message: no marks, and facts have ids of their own."""
    _forgetful(patch, 0.0)


def dedupe_by_time_window(patch: Patch) -> None:
    """A message that comes again is known for some seconds, as where a process keeps ids in a cache that expires."""
    _forgetful(patch, WINDOW)


def _forgetful(patch: Patch, window: float) -> None:
    """The window is of the machine's time: the shared clock jumps."""
    original, again = Fact.of.__func__, ContextVar("again", default=False)  # type: ignore[attr-defined]
    seen: dict[UUID, float] = {}

    async def offered_before(self: Any, id_: UUID) -> Fact | None:
        fact = await self._facts.get(id_)
        known = fact is not None and monotonic() - seen.get(id_, -inf) < window
        if not known:
            seen[id_] = monotonic()
        again.set(fact is not None and not known)
        return fact if known else None

    def of(cls: Any, event: Any, envelope: Any, now: datetime) -> Fact:
        fact: Fact = original(cls, event, envelope, now)
        return fact.model_copy(update={"id": uuid4()}) if again.get() else fact

    no_marks(patch)
    patch.setattr(Facts, "offered_before", offered_before)
    patch.setattr(Fact, "of", classmethod(of))


def lane_unparked_out_of_order(patch: Patch) -> None:
    """A redrive begins with the newest; and so that there are lanes to redrive, reporting has a bug with some cases until then."""
    handle, process, redriving = Settling.handle, Consuming.process, ContextVar("redriving", default=False)

    async def stumble(self: Any, received: Any, under: str = "") -> None:
        envelope = received.envelope
        first = envelope.topic == "case.status-changed" and envelope.sequence == 1
        if first and self._group.endswith("reporting") and envelope.subject.int % STUMBLES == 0 and not redriving.get():
            raise RuntimeError("a bug that is mended before the redrive")
        await handle(self, received, under)

    async def redriven(self: Any, record: Any, under: str = "") -> None:
        token = redriving.set(True)
        try:
            await process(self, record, under)
        finally:
            redriving.reset(token)

    lane_redriven_newest_first(patch)
    patch.setattr(Settling, "handle", stumble)
    patch.setattr(Consuming, "process", redriven)


def stale_reminder_not_dropped(patch: Patch) -> None:
    """Word of a plan goes when its hour has come, whatever has become of the plan."""

    def forgotten(self: Any, _reason_code: str) -> None:
        self.reminder_id = None

    patch.setattr(VisitMessages, "why_outdated", lambda self, plan: None)
    patch.setattr(VisitMessages, "_withdraw_reminder", forgotten)
