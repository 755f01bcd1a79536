"""Hands letters to an SMTP server and tells what is known of each: sent, not sent, or nobody can say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from common.errors import Unavailable
from notifications.channels.absence import Absence, Patience
from notifications.channels.addresses import NoAddress, mailbox
from notifications.channels.deliveries import Deliveries
from notifications.channels.mime import message_bytes
from notifications.channels.pool import Limits, Line, Place, Pool
from notifications.domain import Delivery, Outcome
from notifications.ports import Letter, Sending

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
    """Lends kept connections, and knows when nobody is let in."""

    def __init__(
        self,
        server: Server,
        sender: str,
        clock: Clock,
        deliveries: Deliveries,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._sender, self._clock, self._deliveries = mailbox(sender), clock, deliveries
        self._pool, self._patience = Pool(server.client, limits or Limits()), patience or Patience()
        self._absence = Absence(self._patience)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Sending]:
        """An open connection for one letter, or `NobodyThere` once that has lasted; raises `Unavailable` until then."""
        async with self._pool.place() as place:
            yield await self._sending(place)

    def stands_still(self) -> bool:
        """Whether it would be no use to wait for a connection."""
        return self._absence.lasts() or self._pool.still_for() > self._patience.until_standstill

    async def close(self) -> None:
        """Close the connections that lie idle."""
        await self._pool.close()

    async def _sending(self, place: Place) -> Sending:
        if not self._absence.just_tried():
            try:
                await place.connect()
            except (SMTPException, OSError) as error:
                self._absence.note(_reason(error))
                self._deliveries.away(_reason(error))
            else:
                self._absence.over()
                return SmtpSending(place, self._sender, self._clock, self._deliveries)
        if self._absence.lasts():
            return NobodyThere(self._absence.reason_code)
        raise Unavailable(f"No connection to the mail server: {self._absence.reason_code}.")


@dataclass(frozen=True)
class NobodyThere:
    """Stands for a connection where the provider has let nobody in for long."""

    away: str | None

    async def send(self, _letter: Letter) -> Delivery:
        """Nothing was tried."""
        return Delivery(Outcome.PUT_OFF, self.away)


class SmtpSending:
    """Sends one letter over the connection that it holds.

    Until the first byte of a letter has gone, every failure is known not to be a sending. After it only the server's own answer counts:
    without one the letter may have been taken, so it stays unknown and is not sent again.
    """

    away: str | None = None

    def __init__(self, place: Place, sender: str, clock: Clock, deliveries: Deliveries) -> None:
        self._place, self._sender, self._clock, self._deliveries = place, sender, clock, deliveries

    async def send(self, letter: Letter) -> Delivery:
        """Hand over one letter; what the server does is in the outcome."""
        return self._deliveries.came(await self._send(letter))

    async def _send(self, letter: Letter) -> Delivery:
        try:
            recipient = mailbox(letter.to_address)
        except NoAddress:
            return Delivery(Outcome.FAILED, "no_address")
        content = message_bytes(letter, self._sender, recipient, self._clock.now())
        try:
            return await self._deliver(recipient, content)
        except _NotSent as failure:
            if not failure.stale:
                return failure.delivery
        try:  # the server had closed a connection that lay idle; that says nothing about this letter
            return await self._deliver(recipient, content, anew=True)
        except _NotSent as failure:
            return failure.delivery

    async def _deliver(self, recipient: str, content: bytes, *, anew: bool = False) -> Delivery:
        try:
            line = self._place.line
            if anew or line is None:
                line = await self._place.connect(anew=True)
            if refusal := await self._address(line, recipient):
                return refusal
            return await _hand_over(line, content)
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
            line.doubtful = True
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
        case SMTPAuthenticationError():
            return "authentication"
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
