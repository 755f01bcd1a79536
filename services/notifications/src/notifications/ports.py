"""What the handlers of notifications may use."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from common.clock import Clock
from common.events.base import Language
from notifications.domain import Contact, Delivery, Message, Policy, Template, VisitMessages


class Contacts(Protocol):
    """How to reach each party."""

    async def get(self, party_id: UUID, /) -> Contact | None: ...


class Messages(Protocol):
    """The messages that people get."""

    async def get(self, message_id: UUID, /) -> Message | None: ...


class Visits(Protocol):
    """What people have been told of each visit."""

    async def get(self, visit_messages_id: UUID, /) -> VisitMessages | None: ...


@dataclass(frozen=True)
class Invitation:
    """A calendar object as it travels: CRLF bytes, and the method that tells calendars what to do with it."""

    method: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Letter:
    """A message in words, ready to go; its parts stay out of every log."""

    message_id: UUID
    locale: Language
    preferred_locale: Language
    template_version: str
    sender_name: str
    to_name: str = field(repr=False)
    to_address: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    invitations: tuple[Invitation, ...] = ()


class NoWords(Exception):
    """A message cannot be put into words: the region pack lacks what it speaks of."""


class Wording(Protocol):
    """Puts messages into words, in the language of who reads them."""

    def locale(self, template: Template, language: Language) -> Language: ...

    def write(self, message: Message, contact: Contact) -> Letter:
        """Raises `NoWords`."""
        ...


class Sending(Protocol):
    """A connection to a mail provider, held for one letter."""

    @property
    def away(self) -> str | None:
        """Why there is no connection, and nothing will be sent over it."""

    async def send(self, letter: Letter, /) -> Delivery:
        """Never raises for what the provider does: that is in the outcome."""
        ...


class Mailer(Protocol):
    """Lends connections to a mail provider; a gate, as `common.gates` has it."""

    def held(self) -> AbstractAsyncContextManager[Sending]: ...

    def stands_still(self) -> bool: ...


@dataclass(frozen=True)
class Ports:
    """Everything a handler of notifications can reach."""

    contacts: Contacts
    messages: Messages
    visits: Visits
    wording: Wording
    mailer: Mailer
    policy: Policy
    clock: Clock
