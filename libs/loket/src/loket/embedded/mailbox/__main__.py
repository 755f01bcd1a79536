"""Runs the mailbox: `python -m loket.embedded.mailbox --smtp-port 8025 --http-port 8105`."""

import argparse
import asyncio
from contextlib import suppress

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from loket.embedded.mailbox.inbox import KEPT, Inbox
from loket.embedded.mailbox.own_host import OwnHost
from loket.embedded.mailbox.pages import Pages

_LARGEST = 10 * 1024**2


class Receiver:
    """Takes every mail, whomever it is for."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd looks for this name
        assert isinstance(envelope.content, bytes)
        mail = self._inbox.add(envelope.mail_from or "", envelope.rcpt_tos, envelope.content)
        return f"250 OK kept as {mail.number}"


async def serve(host: str, smtp_port: int, http_port: int, kept: int) -> None:
    """Until SIGTERM or Ctrl-C."""
    inbox = Inbox(kept)
    receiver = Receiver(inbox)
    smtp = await asyncio.get_running_loop().create_server(
        lambda: SMTP(receiver, hostname="localhost", data_size_limit=_LARGEST, enable_SMTPUTF8=True, ident="Loket mailbox"), host, smtp_port
    )
    async with smtp:
        app = OwnHost(Pages(inbox).app(), http_port, [host])
        await uvicorn.Server(uvicorn.Config(app, host, http_port, log_level="warning", ws="none")).serve()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m loket.embedded.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--http-port", type=int, default=8105)
    parser.add_argument("--kept", type=int, default=KEPT, help="how many mails are kept, the newest ones")
    said = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(said.host, said.smtp_port, said.http_port, said.kept))


if __name__ == "__main__":
    main()
