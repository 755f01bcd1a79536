"""What can be seen of messages: where each is, never its words or its address; and the templates, filled with made-up facts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.access.guard import GuardedRoute, Known, allowed
from common.access.tokens import Caller
from common.blueprint import Context
from common.errors import NotFound, Rejected
from common.events.base import Language
from common.http import View
from notifications.domain import Message, SendAgain, State, Template
from notifications.store import StoredMessages
from notifications.wording import RegionWording

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


class TemplateView(View):
    """A template in one language."""

    key: Template
    language: Language
    version: str


class TemplatePage(View):
    """One page of templates."""

    items: tuple[TemplateView, ...]
    page: int
    page_size: int
    total: int


class PreviewView(View):
    """A template filled with made-up facts."""

    key: Template
    language: Language
    version: str
    subject: str
    text: str
    html: str


def routes(context: Context, messages: StoredMessages, wording: RegionWording) -> APIRouter:
    """The routes of notifications; a message knows its case but no organisation, so it is for who acts for all of them."""
    router = APIRouter(prefix="/v1", route_class=GuardedRoute)
    _message_routes(router, context, messages)
    _template_routes(router, wording)
    return router


def _message_routes(router: APIRouter, context: Context, messages: StoredMessages) -> None:
    read = [allowed("messages:read")]

    @router.get("/messages", summary="Messages of a case, or in a state", dependencies=read)
    async def list_messages(
        caller: Known, case: UUID | None = None, state: State | None = None, page: Page = 1, page_size: PageSize = 50
    ) -> MessagePage:
        if case is None and state is None:
            raise Rejected("Ask for the messages of a case or in a state.")
        if not caller.of_all:
            return MessagePage(items=(), page=page, page_size=page_size, total=0)
        found, total = await messages.page(case, state, page, page_size)
        return MessagePage(items=tuple(map(MessageView.of, found)), page=page, page_size=page_size, total=total)

    @router.get("/messages/{message_id}", summary="One message", dependencies=read)
    async def read_message(caller: Known, message_id: UUID) -> MessageView:
        return MessageView.of(await _within_reach(caller, messages, message_id))

    @router.post(
        "/messages/{message_id}/send-again",
        status_code=202,
        summary="Send a failed or unknown message once more",
        dependencies=[allowed("messages:write")],
    )
    async def send_again(caller: Known, message_id: UUID) -> MessageView:
        await _within_reach(caller, messages, message_id)
        message = await context.ask(SendAgain(message_id=message_id))
        assert isinstance(message, Message)
        return MessageView.of(message)


async def _within_reach(caller: Caller, messages: StoredMessages, message_id: UUID) -> Message:
    message = await messages.get(message_id) if caller.of_all else None
    if message is None:
        raise NotFound("There is no such message.")
    return message


def _template_routes(router: APIRouter, wording: RegionWording) -> None:
    read = [allowed("templates:read")]

    @router.get("/templates", summary="Templates, by message and language", dependencies=read)
    async def list_templates(page: Page = 1, page_size: PageSize = 50) -> TemplatePage:
        rows = [TemplateView(key=key, language=language, version=version) for key, language, version in wording.templates()]
        return TemplatePage(items=tuple(rows[(page - 1) * page_size :][:page_size]), page=page, page_size=page_size, total=len(rows))

    @router.get("/templates/{key}/{language}/preview", summary="A template filled with made-up facts", dependencies=read)
    async def preview_template(key: Template, language: Language) -> PreviewView:
        words = wording.preview(key, language)
        return PreviewView(key=key, language=language, version=words.version, subject=words.subject, text=words.text, html=words.html)
