"""Letters as bytes for the wire: text, HTML and calendar objects, CRLF throughout, ASCII only.

The classes of `email.mime` with the compat32 policy take a sixth of the time of `EmailMessage` (0.35 against 2.1 ms); whoever calls
gives headers on one line, which this policy would not check.
"""

from base64 import encodebytes
from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr

from notifications.ports import Invitation, Letter

WIRE = compat32.clone(linesep="\r\n")


def message_bytes(letter: Letter, sender: str, recipient: str, now: datetime) -> bytes:
    """A letter from `sender` to `recipient`, both checked mailboxes; the same letter has the same Message-ID whenever it is sent."""
    content = _content(letter)
    content["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    content["X-Entity-Ref-ID"] = str(letter.message_id)
    content["Date"] = format_datetime(now)
    content["From"] = _address("From", letter.sender_name, sender)
    content["To"] = _address("To", letter.to_name, recipient)
    content["Subject"] = _encoded("Subject", letter.subject)
    content["Content-Language"] = letter.locale
    content["Auto-Submitted"] = "auto-generated"
    content["X-Auto-Response-Suppress"] = "All"
    return content.as_bytes(policy=WIRE)


def _content(letter: Letter) -> MIMEMultipart:
    alternatives = MIMEMultipart("alternative", _parts(letter.message_id.hex, "a"))
    alternatives.attach(_part("plain", letter.text.encode(), letter.locale))
    alternatives.attach(_part("html", letter.html.encode(), letter.locale))
    match letter.invitations:
        case ():
            return alternatives
        case (invitation,):  # where calendars show it as an invitation and not as a file
            alternatives.attach(_calendar(invitation))
            return alternatives
    mixed = MIMEMultipart("mixed", _parts(letter.message_id.hex, "m"))
    mixed.attach(alternatives)
    for number, invitation in enumerate(letter.invitations, 1):
        part = _calendar(invitation)
        part.add_header("Content-Disposition", "attachment", filename=f"{invitation.method.lower()}-{number}.ics")
        mixed.attach(part)
    return mixed


def _part(kind: str, content: bytes, language: str | None = None, **parameters: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind, charset="utf-8")
    for name, value in parameters.items():
        part.set_param(name, value)
    if language:
        part["Content-Language"] = language
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(content).decode("ascii"))
    return part


def _calendar(invitation: Invitation) -> MIMENonMultipart:
    return _part("calendar", invitation.content, method=invitation.method, component="VEVENT")


def _parts(id_: str, level: str) -> str:
    return f"=_{id_}_{level}"  # holds `=_`, which base64 never does


def _address(header: str, name: str, mailbox: str) -> str:
    return formataddr((_line(name), mailbox)) if name.isascii() else f"{_encoded(header, name)} <{mailbox}>"


def _encoded(header: str, words: str) -> str:
    return Header(_line(words), None if words.isascii() else "utf-8", maxlinelen=76, header_name=header).encode()


def _line(words: str) -> str:
    return " ".join(words.split())
