"""Facts about contacts with clients and questions answered without a visit. Only intake tells them."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from common.events.base import CaseEvent, Code, Count, Language


class ContactRegistered(CaseEvent):
    """A client and a service have spoken; an anonymous contact has no pseudonym."""

    topic: ClassVar[str] = "contact.registered"
    publisher: ClassVar[str] = "intake"

    contact_id: UUID
    service: Code
    channel: Code
    direction: Literal["in", "out", "two_way"]
    themes: tuple[Code, ...]
    country_pair: Code | None = None
    language: Language
    succeeded: bool
    client_pseudonym: UUID | None = None
    organisation_id: Code | None = None


class QuestionAnswered(CaseEvent):
    """A cross-border question was answered, at the first line or by a back office."""

    topic: ClassVar[str] = "question.answered"
    publisher: ClassVar[str] = "intake"

    service: Code
    theme: Code
    first_line: bool
    response_minutes: int = Field(ge=0, le=10_000_000, examples=[12])
    country_of_residence: Code
    persons: Count = 1
