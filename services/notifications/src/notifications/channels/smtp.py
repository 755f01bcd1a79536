"""Hands letters to an SMTP server and tells what is known of each: sent, not sent, or nobody can say."""

import asyncio
from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectTimeoutError,
    SMTPDataError,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from common.clock import Clock
from notifications.channels.addresses import NoAddress, mailbox
from notifications.channels.mime import message_bytes
from notifications.channels.pool import Limits, Line, Pool
from notifications.domain import Delivery, Outcome
from notifications.ports import Letter

TEMPORARY = range(400, 500)
REFUSED = 400
CLOSING = 421  # also what a server says to a connection that lay idle too long


@dataclass(frozen=True)
class Server:
    """Where and how letters are handed over."""

    host: str
    port: int
    security: str = "none"  # none, starttls, tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    greeting: str = "loket.invalid"
    timeout: float = 20.0

    def client(self) -> SMTP:
        """A connection that is not open yet."""
        return SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=self.greeting,
            timeout=self.timeout,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            username=self.username,
            password=self.password,
        )


class _NotSent(Exception):
    """The letter did not leave: the connection failed before its first byte."""

    def __init__(self, reason_code: str, *, stale: bool = False) -> None:
        super().__init__(reason_code)
        self.delivery, self.stale = Delivery(Outcome.RETRY_LATER, reason_code), stale


class SmtpMailer:
    """Sends over a pool of kept connections.

    Until the first byte of a letter has gone, every failure is known not to be a sending. After it only the server's own answer counts:
    without one the letter may have been taken, so it stays unknown and is not sent again.
    """

    def __init__(self, server: Server, sender: str, clock: Clock, limits: Limits | None = None) -> None:
        self._sender, self._clock = mailbox(sender), clock
        self._pool = Pool(server.client, limits or Limits())

    async def send(self, letter: Letter) -> Delivery:
        """Hand over one letter; what the server does is in the outcome."""
        try:
            recipient = mailbox(letter.to_address)
        except NoAddress:
            return Delivery(Outcome.FAILED, "no_address")
        content = message_bytes(letter, self._sender, recipient, self._clock.now())
        try:
            return await self._deliver(recipient, content, anew=False)
        except _NotSent as failure:
            if not failure.stale:
                return failure.delivery
        try:  # the server had closed a connection that lay idle; that says nothing about this letter
            return await self._deliver(recipient, content, anew=True)
        except _NotSent as failure:
            return failure.delivery

    async def close(self) -> None:
        """Close the connections that lie idle."""
        await self._pool.close()

    async def _deliver(self, recipient: str, content: bytes, *, anew: bool) -> Delivery:
        try:
            async with self._pool.line(anew=anew) as line:
                if refusal := await self._address(line, recipient):
                    return refusal
                return await _hand_over(line, content)
        except SMTPAuthenticationError:
            raise _NotSent("authentication") from None
        except (SMTPException, OSError) as error:
            raise _NotSent(_reason(error)) from None

    async def _address(self, line: Line, recipient: str) -> Delivery | None:
        """Name sender and recipient; the refusal when the server wants neither."""
        try:
            await line.smtp.mail(self._sender)
            await line.smtp.rcpt(recipient)
        except SMTPResponseException as answer:
            if answer.code == CLOSING and not line.fresh:
                raise _NotSent("smtp_421", stale=True) from None
            await _reset(line)
            return _refusal(answer.code)
        except (SMTPServerDisconnected, SMTPReadTimeoutError, OSError) as error:
            raise _NotSent(_reason(error), stale=not line.fresh) from None
        return None


async def _hand_over(line: Line, content: bytes) -> Delivery:
    try:
        await line.smtp.data(content)
    except SMTPDataError as answer:
        await _reset(line)
        return _refusal(answer.code) if answer.code >= REFUSED else Delivery(Outcome.UNKNOWN, f"smtp_{answer.code}")
    except (SMTPException, OSError, asyncio.CancelledError) as error:
        line.doubtful = True
        if isinstance(error, asyncio.CancelledError):
            raise
        return Delivery(Outcome.UNKNOWN, _reason(error))
    return Delivery(Outcome.SENT)


async def _reset(line: Line) -> None:
    """Make the connection fit for the next letter, or give it up."""
    try:
        await line.smtp.rset()
    except (SMTPException, OSError):
        line.doubtful = True


def _refusal(code: int) -> Delivery:
    """The server said no: for now (4xx) or for good."""
    return Delivery(Outcome.RETRY_LATER if code in TEMPORARY else Outcome.FAILED, f"smtp_{code}")


def _reason(error: Exception) -> str:
    match error:
        case SMTPConnectTimeoutError():
            return "connect_timeout"
        case SMTPReadTimeoutError() | TimeoutError():
            return "timeout"
        case SMTPServerDisconnected():
            return "disconnected"
        case SMTPResponseException():
            return f"smtp_{error.code}"
        case _:
            return "connect"
