"""Facts about messages to people. Only notifications tells them; the words and addresses stay there."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from common.events.base import CaseEvent, Code, Language, Moment


class _Notification(CaseEvent):
    publisher: ClassVar[str] = "notifications"

    message_id: UUID
    template_key: Code
    channel: Literal["email"]


class NotificationRequested(_Notification):
    """A message is to be sent, not before and not after these moments."""

    topic: ClassVar[str] = "notification.requested"

    party_id: UUID
    locale: Language
    not_before: Moment
    expires_at: Moment


class NotificationSent(_Notification):
    """The provider has taken the message."""

    topic: ClassVar[str] = "notification.sent"

    template_version: Code
    locale: Language
    preferred_locale: Language
    locale_fallback: bool
    attempt: int = Field(ge=1, le=1000, examples=[1])


class NotificationFailed(_Notification):
    """The message was not sent, or nobody can say whether it was (`unknown`)."""

    topic: ClassVar[str] = "notification.failed"

    outcome: Literal["failed", "unknown"]
    reason_code: Code
    attempt: int = Field(ge=0, le=1000, examples=[1])


class NotificationSuppressed(_Notification):
    """The message was not needed any more, or may not be sent."""

    topic: ClassVar[str] = "notification.suppressed"

    reason_code: Code
