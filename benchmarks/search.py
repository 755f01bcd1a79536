"""(h) Searching the next ten days that fit a household, while a million appointments lie in the store, beside reading a visit by its id."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from booking.town import household
from grounds import Grounds, Void, platform
from region import DESKS, LOCATIONS, municipality
from talking import Speaker, token

from common.access.issuing import new_key, public_keys
from common.events.case import FormalityWanted
from common.store.sqlite import SqliteStore
from scheduling.app import AGGREGATES
from scheduling.domain.agenda import Agenda
from scheduling.domain.visit import Visit

BEFORE, AHEAD, FULL = 30, 60, 20  # days that are over; days that can be had; of those, from the first on, days without room
LENGTH, OPENS, CLOSES = 20, 8 * 60, 18 * 60  # minutes
SEARCH = "/fitting-days?limit=10"
VISITS, RATE = 2000, 25  # per second, each at its own moment whatever the answers do


class Delays(NamedTuple):
    """Milliseconds from the moment at which a request was meant to leave."""

    p50: float
    p95: float
    most: float


class Search(NamedTuple):
    """Both kinds, one after the other at the same rate."""

    appointments: int
    first: float
    """Milliseconds of the first search at a location since the service started, median."""
    read: Delays
    search: Delays


def fitting_days(grounds: Grounds, appointments: int, seconds: float) -> Search:
    """Fill a store, and ask."""
    folder, key = grounds.folder / f"search-{secrets.token_hex(3)}", new_key()
    folder.mkdir()
    (folder / "jwks.json").write_text(public_keys(key))
    file = folder / "scheduling.sqlite"
    visits, filled = asyncio.run(_fill(file, appointments))
    with platform(grounds, SQLITE_PATH=str(file), OIDC_JWKS=str(folder / "jwks.json")) as made:
        made.start("scheduling")
        made.await_ready("scheduling")
        port, badge = made.ports["scheduling"], token(key)
        first = asyncio.run(_each(port, badge, visits[:LOCATIONS]))
        read = asyncio.run(_ask(port, badge, visits, "", seconds))
        search = asyncio.run(_ask(port, badge, visits, SEARCH, seconds))
    file.unlink()
    return Search(filled, first, read, search)


async def _fill(file: Path, appointments: int) -> tuple[Sequence[UUID], int]:
    """Agendas of whole days, location by location, until there are enough appointments; and the visits that are asked about."""
    store, now, filled = SqliteStore(file, AGGREGATES), datetime.now(UTC), 0
    await store.start()
    towns = 0
    for number in range(LOCATIONS):
        if filled >= appointments:
            break
        towns += 1
        agendas = [_agenda(number, day, now) for day in range(-BEFORE, AHEAD + 2)]
        filled += sum(len(agenda.taken) for agenda in agendas)
        await asyncio.gather(*(store.save(agenda, []) for agenda in agendas))
    if filled < appointments:
        raise Void(f"only {filled} appointments fit into the region")
    visits = [_visit(number, number % towns, now) for number in range(VISITS)]
    await asyncio.gather(*(store.save(visit, []) for visit in visits))
    await store.close()
    return [visit.id for visit in visits], filled


def _agenda(number: int, day: int, now: datetime) -> Agenda:
    """Full in the first days, later with a gap here and there."""
    chance = Random(number * 1000 + day)
    agenda = Agenda.of(f"hall_{number}", (now + timedelta(days=day)).date())
    slots = [(f"hall_{number}.desk.{desk}", start, start + LENGTH) for desk in range(DESKS) for start in range(OPENS, CLOSES, LENGTH)]
    free = set() if day < FULL else {chance.randrange(len(slots)) for _ in range(chance.randrange(4))}
    taken = {UUID(int=chance.getrandbits(128)): (1, (slot,)) for place, slot in enumerate(slots) if place not in free}
    return agenda.model_copy(update={"taken": taken, "version": 1})


def _visit(number: int, town: int, now: datetime) -> Visit:
    visit = household(number, now)
    wanted = (FormalityWanted(formality_id=visit.id, product="brp_first_registration", persons=(1,)),)
    return visit.model_copy(update={"municipality": municipality(town), "wanted": wanted, "version": 1})


async def _each(port: int, badge: str, visits: Sequence[UUID]) -> float:
    spent, speaker = [], Speaker(port, badge)
    for visit in visits:
        began = monotonic()
        await speaker.say("GET", f"/v1/visits/{visit}{SEARCH}")
        spent.append(monotonic() - began)
    return median(spent) * 1000


async def _ask(port: int, badge: str, visits: Sequence[UUID], path: str, seconds: float) -> Delays:
    spent, began, chance = [], monotonic() + 0.1, Random(1)
    free: asyncio.LifoQueue[Speaker] = asyncio.LifoQueue()
    for _ in range(64):
        free.put_nowait(Speaker(port, badge))

    async def one(meant: float) -> None:
        await asyncio.sleep(meant - monotonic())
        speaker = await free.get()
        status, answer = await speaker.say("GET", f"/v1/visits/{chance.choice(visits)}{path}")
        spent.append(monotonic() - meant)
        free.put_nowait(speaker)
        if status != 200 or (path and len(answer) != 10):
            raise Void(f"answered {status} with {len(answer)} days")

    await asyncio.gather(*(one(began + number / RATE) for number in range(int(seconds * RATE))))
    spent.sort()
    return Delays(spent[len(spent) // 2] * 1000, spent[len(spent) * 95 // 100] * 1000, spent[-1] * 1000)
