"""An SMTP server of the tests, with every way in which it can fail."""

import asyncio

from aiosmtpd import smtp as aiosmtpd


class Postbox:
    """Takes mail; each command can be made to fail."""

    def __init__(self) -> None:
        self.envelopes, self.sessions, self.transports = [], set(), []
        self.mail = self.rcpt = self.data = None
        self.drop_at: str | None = None
        self.slow = asyncio.Event()
        self.slow.set()
        self.busy = self.most_busy = 0
        self.crowded = asyncio.Event()

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        self.sessions.add(id(session))
        if answer := self._answer("mail", server):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self._answer("rcpt", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        if self.busy == 3:
            self.crowded.set()
        await self.slow.wait()
        self.busy -= 1
        self.envelopes.append(envelope)
        return self._answer("data", server) or "250 taken"

    def _answer(self, at: str, server) -> str | None:
        if self.drop_at == at:
            server.transport.abort()
            return "250 nobody hears this"
        return getattr(self, at)


class Mute(asyncio.Protocol):
    """Takes connections and says nothing."""

    def __init__(self, transports):
        self.transports = transports

    def connection_made(self, transport):
        self.transports.append(transport)


class Tracked(aiosmtpd.SMTP):
    """Lets the test hang up on every connection in the end."""

    def connection_made(self, transport):
        self.event_handler.transports.append(transport)
        super().connection_made(transport)
