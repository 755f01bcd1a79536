"""Where messages are on their way, as answers of the API: never their words or addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.events.base import Language
from common.http import View
from notifications.domain import Decision, Message, State, Template

Page = Annotated[int, Query(ge=1, le=100_000, description="Which page, from 1.")]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=200, description="How many rows on a page.")]


class MessageView(View):
    """Where a message is on its way."""

    message_id: UUID
    case_id: UUID
    template: Template
    state: State
    locale: Language
    attempt: int
    reason_code: str | None
    decision: Decision | None
    template_version: str | None
    requested_at: datetime
    not_before: datetime
    expires_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> "MessageView":
        """Without party, address or words."""
        return cls(message_id=message.id, **message.model_dump(include=set(cls.model_fields) - {"message_id"}))


class MessagePage(View):
    """One page of messages, the newest first."""

    items: tuple[MessageView, ...]
    page: int
    page_size: int
    total: int
