"""The mailer against a real SMTP server on this machine, with every way in which it can fail."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis import Log
from tests.notifications.postbox import Mute, Postbox, Tracked

from common.errors import Unavailable
from common.metrics import Metrics
from common.testing.stage import StoppedClock
from notifications.channels import absence
from notifications.channels.absence import Patience
from notifications.channels.deliveries import Deliveries
from notifications.channels.pool import Limits
from notifications.channels.smtp import Server, SmtpMailer
from notifications.domain import Delivery, Outcome
from notifications.ports import Letter

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


AT_ONCE = Patience(between_tries=0, until_put_off=0)


@pytest.fixture
async def postbox():
    return Postbox()


@pytest.fixture
async def port(postbox):
    server = await asyncio.get_running_loop().create_server(lambda: Tracked(postbox, enable_SMTPUTF8=True), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for transport in postbox.transports:
        transport.abort()
    await asyncio.sleep(0)


@pytest.fixture
async def mailer_at():
    """Makes mailers for a port, and closes them."""
    mailers = []

    def make(port: int, patience: Patience = AT_ONCE, **how: object) -> SmtpMailer:
        limits = Limits(connections=3, letters_per_connection=5)
        server, deliveries = Server("127.0.0.1", port, **{"timeout": 2, **how}), Deliveries(Metrics("notifications"), Log())
        mailers.append(SmtpMailer(server, "desk@loket.example.org", StoppedClock(NOON), deliveries, limits, patience))
        return mailers[-1]

    yield make
    for mailer in mailers:
        await mailer.close()


@pytest.fixture
async def mailer(mailer_at, port):
    return mailer_at(port)


def letter(id_: UUID | None = None, address: str = "a.example@example.org") -> Letter:
    words = ("Maastricht International Centre", "A. Example", address, "Uw bezoek", "Beste\n.\n..\nGroet é\n", "<p>Beste</p>")
    return Letter(id_ or uuid4(), "nl", "nl", "1.1", *words)


async def send(mailer: SmtpMailer, letter: Letter) -> Delivery:
    async with mailer.held() as sending:
        return await sending.send(letter)


async def test_a_letter_arrives_whole(mailer, postbox):
    outcome = await send(mailer, letter())

    assert outcome == (Outcome.SENT, None)
    (envelope,) = postbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@loket.example.org", ["a.example@example.org"])
    assert envelope.content.endswith(b"--\r\n")


async def test_letters_in_a_row_share_a_connection_until_it_has_served_enough(mailer, postbox):
    for _ in range(6):
        await send(mailer, letter())

    assert len(postbox.sessions) == 2
    assert len(postbox.envelopes) == 6


async def test_letters_at_once_share_no_connection_and_wait_for_room(mailer, postbox):
    postbox.slow.clear()
    sending = [asyncio.create_task(send(mailer, letter())) for _ in range(10)]
    await asyncio.wait_for(postbox.crowded.wait(), 5)
    await asyncio.sleep(0.05)  # a fourth would be there by now
    postbox.slow.set()

    outcomes = await asyncio.gather(*sending)

    assert {outcome.outcome for outcome in outcomes} == {Outcome.SENT}
    assert postbox.most_busy == 3
    assert len(postbox.envelopes) == 10


async def test_a_server_that_is_not_there_has_not_taken_the_letter(mailer_at, unused_tcp_port):
    assert await send(mailer_at(unused_tcp_port), letter()) == (Outcome.PUT_OFF, "connect")


async def test_a_connection_that_cannot_be_had_keeps_letters_waiting_until_that_lasts(mailer_at, unused_tcp_port, monkeypatch):
    mailer, clock = mailer_at(unused_tcp_port, patience=Patience()), [1000.0]
    monkeypatch.setattr(absence, "monotonic", lambda: clock[0])
    for clock[0] in (1000.0, 1000.5, 1029.0):
        with pytest.raises(Unavailable, match="connect"):
            await send(mailer, letter())
        assert not mailer.stands_still()

    clock[0] = 1031.0

    assert await send(mailer, letter()) == (Outcome.PUT_OFF, "connect")
    assert mailer.stands_still()


async def test_who_is_let_in_again_ends_the_absence(mailer_at, port, monkeypatch):
    mailer = mailer_at(port)
    with monkeypatch.context() as patch:
        patch.setattr(mailer._pool, "_connect", lambda: Server("127.0.0.1", 1).client())
        assert (await send(mailer, letter())).outcome is Outcome.PUT_OFF

    assert (await send(mailer, letter())).outcome is Outcome.SENT
    assert not mailer.stands_still()


async def test_a_server_that_never_greets_has_not_taken_the_letter(mailer_at):
    transports = []
    server = await asyncio.get_running_loop().create_server(lambda: Mute(transports), "127.0.0.1", 0)

    outcome = await send(mailer_at(server.sockets[0].getsockname()[1], timeout=0.1), letter())

    assert outcome.outcome is Outcome.PUT_OFF
    assert outcome.reason_code in {"connect_timeout", "timeout"}
    server.close()
    for transport in transports:
        transport.abort()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("at", "answer", "expected"),
    [
        ("mail", "451 try later", (Outcome.RETRY_LATER, "smtp_451")),
        ("mail", "550 not you", (Outcome.FAILED, "smtp_550")),
        ("mail", "421 closing", (Outcome.RETRY_LATER, "smtp_421")),
        ("rcpt", "450 mailbox busy", (Outcome.RETRY_LATER, "smtp_450")),
        ("rcpt", "550 no such person", (Outcome.FAILED, "smtp_550")),
        ("data", "451 disk full", (Outcome.RETRY_LATER, "smtp_451")),
        ("data", "554 refused", (Outcome.FAILED, "smtp_554")),
    ],
)
async def test_what_the_server_says_is_what_is_known(mailer, postbox, at, answer, expected):
    setattr(postbox, at, answer)

    assert await send(mailer, letter()) == expected

    setattr(postbox, at, None)
    assert (await send(mailer, letter())).outcome is Outcome.SENT


@pytest.mark.parametrize("at", ["mail", "rcpt"])
async def test_a_connection_lost_before_the_letter_is_known_not_to_have_sent_it(mailer, postbox, at):
    postbox.drop_at = at

    assert await send(mailer, letter()) == (Outcome.RETRY_LATER, "disconnected")
    assert postbox.envelopes == []


async def test_a_connection_lost_after_the_letter_leaves_it_unknown(mailer, postbox):
    postbox.drop_at = "data"

    assert await send(mailer, letter()) == (Outcome.UNKNOWN, "disconnected")
    assert len(postbox.envelopes) == 1

    postbox.drop_at = None
    assert (await send(mailer, letter())).outcome is Outcome.SENT


async def test_a_server_silent_after_the_letter_leaves_it_unknown(mailer_at, port, postbox):
    postbox.slow.clear()

    assert await send(mailer_at(port, timeout=0.2), letter()) == (Outcome.UNKNOWN, "timeout")
    postbox.slow.set()


@pytest.mark.parametrize("ending", ["abort", "close"])
async def test_a_connection_that_the_server_closed_while_idle_costs_nothing(mailer, postbox, ending):
    await send(mailer, letter())
    getattr(postbox.transports[-1], ending)()

    assert (await send(mailer, letter())).outcome is Outcome.SENT
    assert len(postbox.envelopes) == 2


async def test_an_idle_connection_told_to_go_is_replaced_and_the_letter_goes_once(mailer, postbox):
    await send(mailer, letter())
    answers = iter(["421 idle too long"])
    postbox._answer = lambda at, server: next(answers, None) if at == "mail" else None

    assert (await send(mailer, letter())).outcome is Outcome.SENT
    assert len(postbox.envelopes) == 2


@pytest.mark.parametrize("address", ["nobody", "a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org, b@example.org"])
async def test_what_is_no_address_never_reaches_the_server(mailer, postbox, address):
    assert await send(mailer, letter(address=address)) == (Outcome.FAILED, "no_address")
    assert postbox.sessions == set()


async def test_a_server_that_cannot_secure_the_connection_gets_nothing(mailer_at, port, postbox):
    assert (await send(mailer_at(port, security="starttls"), letter())).outcome is Outcome.PUT_OFF
    assert postbox.envelopes == []


async def test_a_server_that_refuses_the_login_gets_nothing(mailer_at, port, postbox):
    assert (await send(mailer_at(port, username="loket", password="wrong"), letter())).outcome is Outcome.PUT_OFF
    assert postbox.envelopes == []
