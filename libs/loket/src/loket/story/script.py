"""What the story says, by the region pack: services, turns, what must come of each; and the submissions that follow from its seed."""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Literal
from uuid import UUID, uuid5

import yaml
from pydantic import BaseModel, ConfigDict, Field

from loket.errors import LoketError

STORY = UUID("0b8f3a52-5d4e-5c1a-8f0e-6f1f6f2f9a10")
Messages = dict[str, int]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Row):
    """What must come of a submission that goes this way."""

    visits: int
    completed: int
    messages: Messages
    contacts: int = 0
    figures: dict[str, int] = {}
    """How much it adds to indicators."""


class Way(_Row):
    """How a contact comes about."""

    weight: int = 1
    channel: str
    direction: str
    succeeded: bool


class Formality(_Row):
    product: str
    persons: Literal["all", "first"]


class ServiceRow(_Row):
    """One service of the region, as its partner hands it in."""

    key: str
    title: str
    partner: str
    event: Literal["case-submitted", "question-asked", "contact-registered"]
    count: int = Field(ge=1)
    turns: dict[str, int]
    otherwise: str = "settled"
    """The turn of all that go no special way."""
    case: dict[str, str | int]
    nationality: str = "eu_eea_ch"
    household: dict[int, int] = {1: 1}
    documents: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    formalities: tuple[Formality, ...] = ()
    themes: tuple[str, ...] = ()
    ways: dict[str, tuple[Way, ...]] = {}
    """By turn: how a contact may come about."""


class ClosedDesk(_Row):
    """A desk that closes unexpectedly on one day."""

    on_working_day: int
    desk: str
    location: str
    reason_code: str
    messages: Messages
    spared: tuple[str, ...] = ()


class Script(_Row):
    """The whole story."""

    title: str
    seed: int
    working_days: int
    notice_days: tuple[int, ...]
    municipalities: dict[str, int]
    languages: dict[str, int]
    turns: dict[str, Turn]
    closed_desk: ClosedDesk
    services: tuple[ServiceRow, ...]
    repeated_every: int
    malformed_every: int


def smaller(script: Script, share: float) -> Script:
    """The same story with a share of its submissions and days; every turn of every service still happens."""
    services = [
        row.model_copy(
            update={
                "count": max(len(row.turns) + 1, round(row.count * share)) if len(row.turns) != 1 else max(1, round(row.count * share)),
                "turns": {turn: max(1, round(count * share)) for turn, count in row.turns.items()},
            }
        )
        for row in script.services
    ]
    days = max(3, round(script.working_days * share))
    closed = script.closed_desk.model_copy(update={"on_working_day": min(script.closed_desk.on_working_day, days - 1)})
    return script.model_copy(update={"services": tuple(services), "working_days": days, "closed_desk": closed})


class Submission(BaseModel):
    """One submission of the story and how it goes."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    service: str
    partner: str
    event: str
    turn: str
    working_day: int
    data: dict[str, object]
    withheld: tuple[str, ...]


def read_script(region: Path) -> Script:
    """The story of a region."""
    path = region / "story" / "month.yaml"
    try:
        return Script.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise LoketError(f"This region has no story: {path} is missing.") from error


def submissions(script: Script, days: list[date]) -> list[Submission]:
    """All submissions, spread over the working days; the same for the same seed and days."""
    random = Random(script.seed)  # noqa: S311 - a story, not a secret
    run = days[0].isoformat()
    written = [_written(script, row, number, turn, random, days, run) for row in script.services for number, turn in enumerate(_turns(row))]
    random.shuffle(written)
    return sorted(written, key=lambda one: one.working_day)


def _turns(row: ServiceRow) -> list[str]:
    special = [turn for turn, count in row.turns.items() for _ in range(count)]
    return special + [row.otherwise] * (row.count - len(special))


def _written(script: Script, row: ServiceRow, number: int, turn: str, random: Random, days: list[date], run: str) -> Submission:
    id_ = uuid5(STORY, f"{run}/{row.key}/{number}")
    working_day = random.randrange(script.working_days)
    day = days[working_day]
    language = _drawn(script.languages, random)
    data: dict[str, object] = {**row.case, "language": language}
    if row.event == "question-asked":
        data |= _question(row, day, random)
    elif row.event == "contact-registered":
        data |= _contact(row, turn, day, random)
    else:
        data |= _case(script, row, turn, day, language, random, id_)
    return Submission(
        id=id_, service=row.key, partner=row.partner, event=row.event, turn=turn, working_day=working_day, data=data, withheld=row.withheld
    )


def _case(script: Script, row: ServiceRow, turn: str, day: date, language: str, random: Random, id_: UUID) -> dict[str, object]:
    size = int(_drawn({str(one): weight for one, weight in row.household.items()}, random))
    held = [document for document in row.documents if turn != "missing_document" or document not in row.withheld]
    persons = [{"number": n, "nationalityGroup": row.nationality, "language": language, "documents": held} for n in range(1, size + 1)]
    everybody = list(range(1, size + 1))
    return {
        "municipalityCode": _drawn(script.municipalities, random),
        "contact": {"name": f"Story {_letters(id_)}", "email": f"{_letters(id_)}@story.example"},
        "persons": persons,
        "formalities": [{"product": one.product, "persons": everybody if one.persons == "all" else [1]} for one in row.formalities],
        "arrivesOn": (day - timedelta(days=random.randrange(1, 10))).isoformat(),
        "startsOn": (day + timedelta(days=random.randrange(5, 30))).isoformat(),
        "notBefore": (day + timedelta(days=random.choice(script.notice_days))).isoformat(),
    }


def _question(row: ServiceRow, day: date, random: Random) -> dict[str, object]:
    first_line = random.random() < 0.8  # noqa: PLR2004 - the story's own share
    return {
        "theme": random.choice(row.themes),
        "firstLine": first_line,
        "responseMinutes": random.randrange(5, 40) if first_line else random.randrange(600, 9000),
        "occurredAt": f"{day.isoformat()}T09:00:00+01:00",
        "clientPseudonym": str(uuid5(STORY, f"client {row.key} {random.randrange(row.count)}")),
    }


def _contact(row: ServiceRow, turn: str, day: date, random: Random) -> dict[str, object]:
    ways = row.ways[turn]
    way = random.choices(ways, [one.weight for one in ways])[0]
    return {
        **way.model_dump(exclude={"weight"}),
        "themes": [random.choice(row.themes)],
        "occurredAt": f"{day.isoformat()}T09:00:00+01:00",
        "clientPseudonym": str(uuid5(STORY, f"client {row.key} {random.randrange(row.count)}")),
    }


def _drawn(weights: dict[str, int], random: Random) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _letters(id_: UUID) -> str:
    """An id without digits: nine of them in a row could be a citizen service number, and would rightly be refused."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in id_.hex[:16])
