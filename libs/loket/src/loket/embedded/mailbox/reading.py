"""What a mail says: its headers for a list, its parts for one page; read anew from its bytes each time, so that only bytes are kept."""

from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from loket.embedded.mailbox.inbox import Mail

_PARSER = BytesParser(policy=policy.default)


class Summary(BaseModel):
    """A line of the list."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    number: int
    sender: str
    to: tuple[str, ...]
    subject: str
    date: str
    language: str
    message_id: str


class Content(Summary):
    """A whole mail."""

    text: str
    html: str
    calendars: tuple[str, ...]


def summarise(mail: Mail) -> Summary:
    return Summary(**_summary(mail, _PARSER.parsebytes(mail.raw)))


def read(mail: Mail) -> Content:
    message = _PARSER.parsebytes(mail.raw)
    assert isinstance(message, EmailMessage)
    calendars = tuple(_decoded(part) for part in message.walk() if part.get_content_type() == "text/calendar")
    return Content(**_summary(mail, message), text=_body(message, "plain"), html=_body(message, "html"), calendars=calendars)


def _summary(mail: Mail, message: Message) -> dict[str, object]:
    headers = {"subject": "Subject", "date": "Date", "message_id": "Message-ID"}
    said = {name: str(message.get(header, "")) for name, header in headers.items()}
    return {"number": mail.number, "sender": mail.sender, "to": mail.recipients, "language": _language(message)} | said


def _language(message: Message) -> str:
    """That of the whole mail, else of its first part that tells: Python's own mail library moves it there."""
    return next((str(part["Content-Language"]) for part in message.walk() if "Content-Language" in part), "")


def _body(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return _decoded(body) if body else ""


def _decoded(part: Message) -> str:
    """The text of a part, whatever its charset claims to be."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
