"""Routes for letters of which nobody knows whether they left: looked for, sent again or counted as sent, many at once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from common.access.guard import GuardedRoute, Known, allowed
from common.access.tokens import Caller
from common.blueprint import Context
from common.errors import Rejected
from common.http import Body, View
from notifications.api.views import MessagePage, MessageView, Page, PageSize
from notifications.domain import Decision, MarkSent, Message, SendAgain, State, Template
from notifications.store import StoredMessages, UnknownOnes

AT_ONCE = 200
MOST = 10_000
Since = Annotated[datetime | None, Query(description="Asked for at this moment or later.")]
Until = Annotated[datetime | None, Query(description="Asked for before this moment.")]
Reason = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,64}$", description="Why the outcome is unknown, such as no_outcome.")]


class Chosen(Body):
    """Which letters, as the list shows them, and why; asking twice changes nothing more."""

    message_ids: list[Annotated[UUID, Field(strict=False)]] = Field(min_length=1, max_length=AT_ONCE)
    reason_code: Annotated[Decision, Field(strict=False)]


class Refused(View):
    """A letter that stayed as it is."""

    message_id: UUID
    detail: str


class Decided(View):
    """What came of each."""

    changed: tuple[MessageView, ...]
    refused: tuple[Refused, ...]


def unknown_routes(context: Context, messages: StoredMessages) -> APIRouter:
    """For who acts for every organisation: a message knows its case but no organisation."""
    router = APIRouter(route_class=GuardedRoute)
    read, write = [allowed("messages:read")], [allowed("messages:write")]

    @router.get("/unknown-messages", summary="Messages of which nobody knows whether they left", dependencies=read)
    async def list_unknown(
        caller: Known,
        since: Since = None,
        until: Until = None,
        template: Template | None = None,
        reason: Reason = None,
        case: UUID | None = None,
        page: Page = 1,
        page_size: PageSize = 50,
    ) -> MessagePage:
        asked = UnknownOnes(since, until, template, reason, case)
        found = await messages.unknown(asked, MOST) if caller.of_all else []
        shown = found[(page - 1) * page_size :][:page_size]
        return MessagePage(items=tuple(map(MessageView.of, shown)), page=page, page_size=page_size, total=len(found))

    @router.post("/unknown-messages/send-again", summary="Send unknown messages once more", dependencies=write)
    async def send_again(caller: Known, chosen: Chosen) -> Decided:
        return await _decide(context, messages, caller, chosen, SendAgain)

    @router.post("/unknown-messages/mark-sent", summary="Count unknown messages as sent", dependencies=write)
    async def mark_sent(caller: Known, chosen: Chosen) -> Decided:
        return await _decide(context, messages, caller, chosen, MarkSent)

    return router


async def _decide(
    context: Context, messages: StoredMessages, caller: Caller, chosen: Chosen, kind: type[SendAgain] | type[MarkSent]
) -> Decided:
    changed, refused = [], []
    for id_ in dict.fromkeys(chosen.message_ids):
        message = await messages.get(id_) if caller.of_all else None
        if message is None or message.state is not State.UNKNOWN:
            refused.append(Refused(message_id=id_, detail="There is no such message whose outcome is unknown."))
            continue
        try:
            after = await context.ask(kind(message_id=id_, reason_code=chosen.reason_code))
        except Rejected as fault:
            refused.append(Refused(message_id=id_, detail=str(fault)))
        else:
            assert isinstance(after, Message)
            changed.append(MessageView.of(after))
    return Decided(changed=tuple(changed), refused=tuple(refused))
