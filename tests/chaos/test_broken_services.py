"""Broken builds that break what a service promises, each seen to do so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reporting_room import Room
from reporting_visits import AT, requested
from tests.notifications.conftest import NOON, PACK, Delivery, Outcome, Region, Template
from tests.notifications.conftest import Scene as Letters
from tests.notifications.test_visit_messages import REMINDER_AT
from tests.scheduling.conftest import Scene as Planning
from tests.scheduling.conftest import small_town

from chaos.broken import switches
from common.gates import Gates
from common.testing.memory import MemoryStore
from scheduling.domain.agenda import Agenda
from scheduling.handlers import request_visit


@pytest.fixture
def letters() -> Letters:
    return Letters(Region(PACK))


@pytest.mark.parametrize(
    ("name", "later", "facts"),
    [("no-dedupe", 0, 2), ("dedupe-by-time-window", 9, 1), ("dedupe-by-time-window", 11, 2)],
)
async def test_a_repetition_is_another_message(name: str, later: float, facts: int, breaking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(name)
    store, ahead = MemoryStore(), datetime(2030, 1, 1, tzinfo=UTC)  # as the shared clock of the rig is

    for seconds in (0.0, later):
        monkeypatch.setattr(switches, "monotonic", lambda seconds=seconds: seconds)
        async with Room(ahead, store) as room:
            await room.hear(requested("m"))

    assert len(await room.facts()) == facts


async def test_claim_after_send(breaking: Any, letters: Letters) -> None:
    breaking("claim-after-send")
    claimed: list[bool] = []
    letters.mailer.before = lambda _letter: claimed.append(letters.claimed(Template.SUBMISSION_RECEIVED))

    await letters.hear(letters.contact(), letters.created())

    assert claimed == [False]


async def test_taken_early(breaking: Any) -> None:
    """What comes of it is in `tests/notifications/test_standing_provider.py`."""
    breaking("taken-early")

    async with Gates().through(FullGate()) as held:
        assert held.away is None


class FullGate:
    """Lends nothing."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        raise AssertionError("nothing is to be had here")
        yield

    def stands_still(self) -> bool:
        return True


async def test_retry_on_unknown(breaking: Any, letters: Letters) -> None:
    breaking("retry-on-unknown")
    letters.mailer.answers = [Delivery(Outcome.UNKNOWN, "disconnected")]

    await letters.hear(letters.contact(), letters.created())
    await letters.wait(days=1)

    assert len(letters.mailer.letters) == 2


async def test_indicator_by_increment(breaking: Any, tmp_path: Path) -> None:
    breaking("indicator-by-increment")
    store: Any = MemoryStore()
    store._path = tmp_path / "reporting.sqlite"

    for _ in range(2):
        async with Room(store=store) as room:
            await room.hear(requested("m", when=AT))
            figure = await room.total("k20")

    assert (figure.n, len(await room.facts())) == (2, 1)


async def test_slot_claimed_without_intention(breaking: Any) -> None:
    breaking("slot-claimed-without-intention")
    scene = Planning(small_town())

    visit = await request_visit(scene.case("registration"), scene.ports)

    assert visit is not None
    assert visit.stage == "proposed", visit
    assert [list(agenda.taken) for agenda in await scene.store.find(Agenda, {})] == [[visit.id]]  # and nobody has saved the visit


async def test_stale_reminder_not_dropped(breaking: Any, letters: Letters) -> None:
    breaking("stale-reminder-not-dropped")

    await letters.hear(letters.contact(), letters.confirmed(), letters.cancelled())
    await letters.wait_until(REMINDER_AT)

    assert letters.clock.now() > NOON
    assert letters.sent()[-1] == Template.VISIT_REMINDER
