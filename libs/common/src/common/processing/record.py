"""A processing record: that personal data of some people was processed, by what and when; nothing of what stands in the data."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.processing.register import Action
from common.store.port import plain

_TRACEPARENT = re.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
Status = Literal["Unset", "Error"]
"""After the standard: carried out without a fault of our own, or not. `Ok` is left to those who want to say more than that."""
SUBJECT_TYPE = "urn:loket:party:hmac-sha256"
"""What kind of id `dpl.core.data_subject_id` is: a keyed pseudonym of Loket's own id of a person."""


class ProcessingRecord(Aggregate):
    """Written once, with what it is about, and never changed. One row for everybody it concerns, since rows are what costs."""

    collection: ClassVar[str] = "processing_records"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("place",),)

    place: str
    """When it ended, and its id: every record has one of its own, and as text they sort as time does."""
    subjects: tuple[str, ...]
    """The pseudonyms of the people."""
    activity: str
    name: str
    status: Status
    started: int
    ended: int
    """Milliseconds since 1970, as the standard wants them."""
    traceparent: str

    @classmethod
    def of(cls, id_: UUID, action: Action, subjects: tuple[str, ...], times: tuple[datetime, datetime], trace: str, status: Status) -> Self:
        """Of an action that began and ended."""
        began, ended = times
        return cls(
            id=id_,
            version=1,
            place=f"{plain(ended)}/{id_}",
            subjects=subjects,
            activity=action.activity,
            name=action.name,
            status=status,
            started=_milliseconds(began),
            ended=_milliseconds(ended),
            traceparent=trace,
        )

    def apart(self, service: str) -> Iterator[dict[str, object]]:
        """As the standard writes it: one record for each person, each an action of its own within the trace, sampled or not."""
        trace, parent = self._place_in_trace()
        for number, subject in enumerate(self.subjects):
            yield {
                "trace_id": trace,
                "span_id": f"{(int(self.id.hex[16:], 16) + number) % 2**64:016x}",
                "parent_span_id": parent,
                "status": self.status,
                "name": self.name,
                "start_time": self.started,
                "end_time": self.ended,
                "resource": {"attributes": {"service.name": service}},
                "attributes": {
                    "dpl.core.processing_activity_id": self.activity,
                    "dpl.core.data_subject_id": subject,
                    "dpl.core.data_subject_id_type": SUBJECT_TYPE,
                },
            }

    def _place_in_trace(self) -> tuple[str, str | None]:
        """What comes from outside of a trace begins one."""
        found = _TRACEPARENT.fullmatch(self.traceparent)
        return (found[1], found[2]) if found else (self.id.hex, None)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
