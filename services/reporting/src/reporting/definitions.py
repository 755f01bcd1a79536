"""The indicators: one SQL file for each version of a definition, with what a reader must know in its first comment."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from common.yaml_text import read_yaml

HERE = Path(__file__).parent / "indicators"
FRONT_MATTER = re.compile(r"\A-- ---\n(?P<yaml>(?:--.*\n)+?)-- ---\n(?P<sql>.*)\Z", re.DOTALL)
CALENDAR = ("month", "year")  # groups that every indicator has: they follow from the day on which something counts


class DefinitionError(Exception):
    """A definition cannot be read; the sentence names the file."""


class Definition(BaseModel, frozen=True, extra="forbid"):
    """What an indicator means; `counted` lists the events, `figure` is computed over exactly that list."""

    key: str = Field(pattern=r"^k[0-9]{2}$")
    version: str = Field(pattern=r"^v[1-9][0-9]*$")
    valid_from: date
    title: str
    unit: str = Field(pattern=r"^[a-z_]+$")
    kind: Literal["count", "share", "median"]
    decimals: int = Field(ge=0, le=6)
    definition: str
    population: str
    clock: str
    source: str
    events: tuple[str, ...]
    runs: Literal["month", "year"]
    by: tuple[str, ...]
    details: dict[str, str] = {}
    counted: str
    figure: str

    @property
    def groups(self) -> tuple[str, ...]:
        """What the figure can be split by."""
        return (*self.by, *CALENDAR)

    @property
    def list_name(self) -> str:
        """What the list of counted events is called where it lies."""
        return f"{self.key}_{self.version}"


class Catalogue:
    """Every version of every indicator."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._versions: dict[str, list[Definition]] = {}
        for definition in sorted(definitions, key=lambda one: (one.key, one.valid_from)):
            self._versions.setdefault(definition.key, []).append(definition)

    @classmethod
    def read(cls, folder: Path = HERE) -> "Catalogue":
        """The definitions in a folder."""
        return cls(read_definition(path) for path in sorted(folder.glob("*.sql")))

    @property
    def keys(self) -> Sequence[str]:
        """The indicators there are."""
        return tuple(self._versions)

    @property
    def topics(self) -> frozenset[str]:
        """The events whose data some definition reads."""
        return frozenset(topic for versions in self._versions.values() for one in versions for topic in one.events)

    def of(self, key: str, day: date) -> Definition | None:
        """The version of an indicator that holds on a day (before the first: the first); `K5` is `k05`."""
        versions = self._versions.get(_normal(key), [])
        holding = [one for one in versions if one.valid_from <= day] or versions[:1]
        return holding[-1] if holding else None

    def current(self, day: date) -> list[Definition]:
        """The version of every indicator that holds on a day."""
        return [found for key in self._versions if (found := self.of(key, day))]


def read_definition(path: Path) -> Definition:
    """The definition in a file named `<key>_<words>.<version>.sql`; raises `DefinitionError`."""
    match = FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise DefinitionError(f"{path.name} does not open with its front matter between two lines `-- ---`.")
    front = read_yaml("".join(line.removeprefix("--").removeprefix(" ") for line in match["yaml"].splitlines(keepends=True)))
    statements = [statement.strip() for statement in match["sql"].split(";\n") if statement.strip()]
    if len(statements) != 2:  # noqa: PLR2004 - what is counted, and the figure
        raise DefinitionError(
            f"{path.name} holds {len(statements)} statements; the first says what is counted, the second makes the figure."
        )
    try:
        definition = Definition(**front, counted=statements[0], figure=statements[1])
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in fault["loc"]) for fault in error.errors(include_input=False)})
        raise DefinitionError(f"{path.name}: {', '.join(places)} is missing or not right.") from None
    if not (path.name.startswith(f"{definition.key}_") and path.name.endswith(f".{definition.version}.sql")):
        raise DefinitionError(f"{path.name} holds {definition.key} {definition.version}: name and content differ.")
    return definition


def _normal(key: str) -> str:
    match = re.fullmatch(r"[kK]0*([0-9]{1,2})", key)
    return f"k{int(match[1]):02}" if match else key
