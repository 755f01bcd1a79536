"""A provider that never answers, a backlog, and a process that ends: only what was in hand may be unknown, and all others go once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from broken_builds import act_taken_before_its_connection_is_held
from tests.notifications.conftest import Scene

from common.aggregate import Mark
from common.ids import derived
from common.runner import Origin
from common.testing.issuer import issuer_settings
from common.testing.service import offline
from notifications.app import SUBSCRIBES, build
from notifications.domain import Message, State, Template
from notifications.settings import Settings

LETTERS, CONNECTIONS = 40, 3


class Provider:
    """Takes letters and writes their ids down; answers only where it `answers`."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        self.answers, self.most = False, 0
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.came[content.partition(b"Message-ID: <")[2][:36].decode()] += 1
                if not self.answers:
                    continue
            writer.write(b"250 ok\r\n")

    def hang_up(self) -> None:
        for writer in self._open:
            writer.transport.abort()


@pytest.fixture
async def provider() -> Any:
    made = Provider()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield made
    server.close()
    made.hang_up()
    await asyncio.sleep(0.01)


@contextmanager
def started(scene: Scene, provider: Any) -> Iterator[Any]:
    settings = Settings(
        **issuer_settings(), region_path=scene.pack.parent, environment="test", smtp_port=provider.port, smtp_connections=CONNECTIONS
    )
    service, _ = offline(build(settings), scene.store, scene.clock)
    yield service


async def hear(service: Any, event: Any) -> None:
    line = next(on for on in SUBSCRIBES if on.message is type(event))
    await service.runner.run(line, event, Origin(Mark(f"{event.topic}/{event.key}", 1), correlation=derived("a journey")))


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def states(scene: Scene) -> Counter[State]:
    return Counter(message.state for message in await scene.store.find(Message, {}))


async def cut_short(scene: Scene, provider: Any, how: str, monkeypatch: pytest.MonkeyPatch) -> Counter[State]:
    """A backlog meets a provider that stands still, the process ends, the next one meets a provider that answers."""
    with started(scene, provider) as first:
        await hear(first, scene.contact())
        for number in range(LETTERS):
            await hear(first, scene.created(case_id=derived("case", number)))
        await first.relay.start()
        await until(lambda: len(provider.came) == CONNECTIONS)
        monkeypatch.setattr("common.gates.Gates.until_idle.__defaults__", (0.05,))
        if how == "kill":
            for task in first.relay._tasks:
                task.cancel()
        await first.relay.stop(0.05)
    provider.hang_up()
    provider.answers = True
    with started(scene, provider) as second:
        await second.relay.start()
        for _ in range(2):
            await until(lambda: second.relay.idle() and not any(scene.store.outbox.values()))
            scene.clock.forward(timedelta(minutes=3))
            await asyncio.sleep(0.3)  # three looks for what is due
        await until(lambda: second.relay.idle() and not any(scene.store.outbox.values()))
        await second.relay.stop(0.05)
        await second.blueprint.stops(second.context)
    return await states(scene)


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_no_more_is_unknown_than_there_are_connections(
    how: str, scene: Scene, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await cut_short(scene, provider, how, monkeypatch)

    assert found == {State.UNKNOWN: CONNECTIONS, State.SENT: LETTERS - CONNECTIONS}
    assert set(provider.came.values()) == {1}
    assert len(provider.came) == LETTERS


async def test_a_build_that_takes_before_it_holds_a_connection_is_noticed(
    scene: Scene, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_taken_before_its_connection_is_held(monkeypatch)

    found = await cut_short(scene, provider, "kill", monkeypatch)

    assert found[State.UNKNOWN] == LETTERS
    assert len(provider.came) == CONNECTIONS


async def test_while_the_provider_is_away_letters_are_not_claimed_and_lapse_when_their_time_has_passed(reachable: Scene) -> None:
    reachable.mailer.away = "authentication"
    await reachable.hear(reachable.created())
    held = await reachable.message(Template.SUBMISSION_RECEIVED)
    assert (held.state, held.attempt, held.reason_code) == (State.REQUESTED, 0, "provider_away")

    await reachable.wait(days=8)
    lapsed = await reachable.message(Template.SUBMISSION_RECEIVED)

    assert (lapsed.state, lapsed.reason_code) == (State.SUPPRESSED, "expired")
    assert reachable.mailer.letters == []


async def test_a_letter_put_off_says_why_and_uses_up_no_try(reachable: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable.mailer, "stands_still", lambda: False)
    reachable.mailer.away = "authentication"
    await reachable.hear(reachable.created())
    for _ in range(20):
        await reachable.wait(seconds=30)
    waiting = await reachable.message(Template.SUBMISSION_RECEIVED)
    assert (waiting.state, waiting.reason_code, waiting.attempt) == (State.REQUESTED, "authentication", waiting.put_off)

    reachable.mailer.away = None
    await reachable.wait(seconds=30)

    assert (await reachable.message(Template.SUBMISSION_RECEIVED)).state is State.SENT
    assert len(reachable.mailer.letters) == 1
