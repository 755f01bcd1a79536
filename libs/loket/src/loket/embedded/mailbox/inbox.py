"""The mails in memory: the newest so many, each as the bytes that came, read anew when somebody looks."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cached_property
from itertools import islice

KEPT = 50_000


@dataclass(frozen=True)
class Mail:
    """`number` counts from 1 and names the mail in addresses."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    def text(self) -> str:
        return self._body("plain")

    def html(self) -> str:
        return self._body("html")

    def calendars(self) -> list[str]:
        return [_decoded(part) for part in self.message.walk() if part.get_content_type() == "text/calendar"]

    def _body(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return _decoded(body) if isinstance(body, EmailMessage) else ""

    def as_json(self) -> dict[str, object]:
        return {
            "number": self.number,
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.header("Subject"),
            "date": self.header("Date"),
            "language": self.header("Content-Language"),
            "messageId": self.header("Message-ID"),
        }

    def as_full_json(self) -> dict[str, object]:
        return self.as_json() | {"text": self.text(), "html": self.html(), "calendars": self.calendars()}


class Inbox:
    """`count` goes on counting when the oldest mails are let go."""

    def __init__(self, kept: int = KEPT) -> None:
        self._mails: deque[Mail] = deque(maxlen=kept)
        self.count = 0

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        self.count += 1
        mail = Mail(self.count, sender, tuple(recipients), raw)
        self._mails.append(mail)
        return mail

    def find(self, number: int) -> Mail | None:
        oldest = self.count - len(self._mails) + 1
        return self._mails[number - oldest] if oldest <= number <= self.count else None

    def newest(self, to: str, most: int, offset: int = 0) -> list[Mail]:
        return list(islice(self._matching(to.strip().casefold()), offset, offset + most))

    def _matching(self, to: str) -> Iterator[Mail]:
        return (mail for mail in reversed(self._mails) if not to or any(to in recipient.casefold() for recipient in mail.recipients))


def _decoded(part: EmailMessage) -> str:
    """The text of a part, whatever its charset claims to be."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def shown_address(text: str) -> str:
    """An address as a person writes it; what is none is shown as it came."""
    try:
        return Address(addr_spec=text).addr_spec
    except (ValueError, IndexError):
        return text
