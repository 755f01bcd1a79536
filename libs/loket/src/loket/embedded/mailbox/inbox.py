"""The mails in memory: the newest so many, each as the bytes that came."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from itertools import islice

KEPT = 50_000


@dataclass(frozen=True)
class Mail:
    """`number` counts from 1 and names the mail in addresses; sender and recipients are those of the envelope."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class Inbox:
    """`count` goes on counting when the oldest mails are let go."""

    def __init__(self, kept: int = KEPT) -> None:
        self._mails: deque[Mail] = deque(maxlen=kept)
        self.count = 0
        self._ids: dict[str, Mail] = {}

    def __len__(self) -> int:
        return len(self._mails)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        """Keep a letter; one that has come before, by its Message-ID, is kept once."""
        id_ = BytesHeaderParser().parsebytes(raw).get("message-id", "")
        if id_ and id_ in self._ids:
            return self._ids[id_]
        self.count += 1
        mail = Mail(self.count, sender, tuple(recipients), raw)
        if len(self._mails) == self._mails.maxlen:
            self._ids = {one: kept for one, kept in self._ids.items() if kept is not self._mails[0]}
        self._mails.append(mail)
        if id_:
            self._ids[id_] = mail
        return mail

    def find(self, number: int) -> Mail | None:
        oldest = self.count - len(self._mails) + 1
        return self._mails[number - oldest] if oldest <= number <= self.count else None

    def newest(self, to: str, most: int, offset: int = 0) -> list[Mail]:
        """Those whose address contains `to`, in any case; all when it is empty."""
        return list(islice(self._matching(to.strip().casefold()), offset, offset + most))

    def _matching(self, to: str) -> Iterator[Mail]:
        return (mail for mail in reversed(self._mails) if any(to in recipient.casefold() for recipient in mail.recipients))
