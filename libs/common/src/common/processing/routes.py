"""The export of processing records: a route for the privacy officer, in the fields of the standard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from common.access.guard import GuardedRoute, allowed
from common.processing.record import Status

if TYPE_CHECKING:
    from common.processing.logbook import Logbook

Place = Annotated[str | None, Query(pattern=r"^[0-9TZ:.-]{27}/[0-9a-f-]{36}$", description="`after` of the page before.")]
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""Beyond them a moment with an offset may be none in UTC."""
Since = Annotated[AwareDatetime | None, Query(alias="from", ge=FIRST, lt=LAST, description="What ended at this moment or later.")]
Until = Annotated[AwareDatetime | None, Query(ge=FIRST, lt=LAST, description="What ended before this moment.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most actions on a page; each has a record for every person it concerns.")]


class RecordView(BaseModel):
    """A record with the names that the standard (1.0.0) gives its fields."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    status: Status
    name: str
    start_time: int = Field(description="Milliseconds since 1970.")
    end_time: int = Field(description="Milliseconds since 1970.")
    resource: dict[str, Any]
    attributes: dict[str, str]


class RecordPage(BaseModel):
    """Records in the order of time; `after` asks for the next ones, and is null at the end."""

    records: list[RecordView]
    after: str | None


def processing_routes(service: str, logbook: Logbook) -> APIRouter:
    """One route; reading the logbook is not itself recorded, as the standard says."""
    router = APIRouter(prefix="/v1", tags=["processing records"], route_class=GuardedRoute)

    @router.get("/processing-records", summary="Processing records, the oldest first", dependencies=[allowed("processing-records:read")])
    async def export(since: Since = None, until: Until = None, after: Place = None, limit: Limit = 100) -> RecordPage:
        found = await logbook.page(after, since, until, limit)
        records = [RecordView.model_validate(one) for record in found for one in record.apart(service)]
        return RecordPage(records=records, after=found[-1].place if len(found) == limit else None)

    return router
