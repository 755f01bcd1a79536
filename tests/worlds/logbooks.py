"""A register with two actions, and records as the tests of the logbook write and find them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import NOW, new

from common.clock import Clock
from common.processing.logbook import Logbook
from common.processing.record import ProcessingRecord
from common.processing.register import Register
from common.store.port import Store
from common.subscribing import Processing

ACTIVITY = "https://register.example.org/processing-activities/growing"
KEY = "0123456789abcdef0123456789abcdef"
GROWN = Processing("grown", whose=lambda thing, _message: (thing.id,))


def register(**changes: Any) -> Register:
    said: dict[str, Any] = {
        "kept_days": 10,
        "activities": [
            {
                "id": ACTIVITY,
                "valid_from": "2026-01-01",
                "name": "Growing",
                "purpose": "To see it grow.",
                "data_subjects": "Things",
                "personal_data": "Size",
                "recipients": "Nobody",
            }
        ],
        "actions": {"grown": {"activity": ACTIVITY, "name": "Let grow"}, "shown": {"activity": ACTIVITY, "name": "Shown to staff"}},
    }
    return Register.model_validate(said | changes)


def logbook(store: Store, clock: Clock) -> Logbook:
    return Logbook(register(), KEY, store, clock)


def record(id_: UUID | None = None, at: datetime = NOW, **changes: Any) -> ProcessingRecord:
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"
    made = ProcessingRecord.of(
        id_ or new(), register().actions["grown"], ("a-person",), (at - timedelta(milliseconds=5), at), trace, "Unset"
    )
    return made.model_copy(update=changes)


async def records(store: Store) -> list[ProcessingRecord]:
    return await store.find(ProcessingRecord, {}, order="place")
