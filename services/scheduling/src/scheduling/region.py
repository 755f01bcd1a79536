"""The region pack as scheduling reads it: seven files, each row checked, each fault named by file and row."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from common.terms import Bounds, Terms
from common.yaml_text import read_yaml
from scheduling.domain.catalogue import Closure, Codes, DatedRow, Desk, Location, NamedRow, Policies, Policy, Product, in_force
from scheduling.domain.localtime import local_day, midnight

T = TypeVar("T", bound=BaseModel)
BOUNDED = frozenset({"planned_on", "not_before", "closed_on", "opened_again_on", "open_in_addition_on", "looked_at"})
"""What bounds.yaml must say."""
LISTED_IN = {**dict.fromkeys(Codes.model_fields, "scheduling/codes.yaml"), "outcomes": "scheduling/policy.yaml"}
"""Where in the region pack each list stands."""


class RegionFault(Exception):
    """The region pack cannot be used; the sentence says which file and row, and why."""


@dataclass(frozen=True)
class Region:
    """Where, by whom, when and by which rules visits are planned."""

    locations: tuple[Location, ...]
    desks: tuple[Desk, ...]
    products: tuple[Product, ...]
    closures: tuple[Closure, ...]
    policies: Policies
    codes: Codes = field(default_factory=Codes)
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read and check a folder; raises `RegionFault`."""
        policies = _content(folder / "policy.yaml")
        region = cls(
            locations=_rows(folder, "locations", Location),
            desks=_rows(folder, "desks", Desk),
            products=_rows(folder, "products", Product),
            closures=_rows(folder, "closures", Closure),
            policies=_row("policy.yaml", Policies, policies),
            codes=_row("codes.yaml", Codes, _content(folder / "codes.yaml")),
            bounds=_row("bounds.yaml", Bounds, _content(folder / "bounds.yaml")),
        )
        region.check()
        return region

    def check(self) -> None:
        """Refuse rows that name what does not exist, and ids that stand twice on one day."""
        for name, rows in (("locations", self.locations), ("desks", self.desks), ("products", self.products)):
            _no_overlap(name, rows)
        self._check_desks()
        if lacking := self.bounds.lacking(BOUNDED):
            raise RegionFault(f"bounds.yaml: no row without end is named {', '.join(lacking)}.")
        known = {row.id for row in self.locations} | {row.id for row in self.desks}
        for closure in self.closures:
            place = closure.location or closure.desk
            if place is not None and place not in known:
                raise RegionFault(f"closures.yaml, {closure.first}: {place} is not known.")

    def _check_desks(self) -> None:
        organisations = {row.id: row.organisation for row in self.products}
        for desk in self.desks:
            if desk.location not in {row.id for row in self.locations}:
                raise RegionFault(f"desks.yaml, {desk.id}: location {desk.location} is not in locations.yaml.")
            if foreign := [product for product in desk.products if organisations.get(product) != desk.organisation]:
                raise RegionFault(f"desks.yaml, {desk.id}: {', '.join(foreign)} is no product of {desk.organisation} in products.yaml.")

    def policy(self, day: date) -> Policy:
        """The rules for planning that hold on a day."""
        policy = in_force(self.policies.policies, day)
        if policy is None:
            raise RegionFault(f"policy.yaml: no row holds on {day}.")
        return policy

    def policy_at(self, moment: datetime) -> Policy:
        """The rules for planning that hold at a moment."""
        return self.policy(local_day(moment, self.policies.zone))

    def terms_at(self, moment: datetime) -> Terms:
        """What staff may hand in at a moment."""
        day = local_day(moment, self.policies.zone)
        lists = {name: getattr(self.codes, name) for name in Codes.model_fields}
        return Terms({**lists, "outcomes": frozenset(self.policy(day).outcomes)}, self.bounds.on(day), LISTED_IN)

    def begin_of(self, day: date) -> datetime:
        """When a day begins here."""
        return midnight(day, self.policies.zone)

    def location(self, id_: str, day: date) -> Location | None:
        """A location as it is on a day."""
        return in_force([row for row in self.locations if row.id == id_], day)

    def location_of(self, desk: str) -> str | None:
        """The location at which a desk stands."""
        return next((row.location for row in self.desks if row.id == desk), None)

    @cached_property
    def location_ids(self) -> tuple[str, ...]:
        """Every location that there ever is, in the order of the file: the first is preferred where nothing else decides."""
        return tuple(dict.fromkeys(row.id for row in self.locations))

    @cached_property
    def _turns(self) -> list[date]:
        rows: list[DatedRow] = [*self.locations, *self.desks, *self.products]
        starts = {row.valid_from for row in rows}
        ends = {row.valid_to + timedelta(days=1) for row in rows if row.valid_to is not None}
        return sorted(starts | ends)

    def era(self, day: date) -> int:
        """A number that is the same for all days on which the same rows hold."""
        return bisect_right(self._turns, day)


def _content(path: Path) -> object:
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RegionFault(f"{path} is missing.") from None
    except yaml.YAMLError as fault:
        raise RegionFault(f"{path.name} is no YAML: {fault}") from None


def _rows(folder: Path, name: str, kind: type[T]) -> tuple[T, ...]:
    content = _content(folder / f"{name}.yaml")
    if not isinstance(content, Mapping) or set(content) != {name} or not isinstance(content[name], Sequence):
        raise RegionFault(f"{name}.yaml: one key, {name}, with a list of rows, is expected.")
    return tuple(_row(f"{name}.yaml, row {number}", kind, row) for number, row in enumerate(content[name], 1))


def _row(place: str, kind: type[T], content: object) -> T:
    try:
        return kind.model_validate(content)
    except ValidationError as fault:
        name = f" ({content['id']})" if isinstance(content, Mapping) and "id" in content else ""
        faults = "; ".join(f"{'.'.join(str(part) for part in one['loc']) or 'row'}: {one['msg']}" for one in fault.errors())
        raise RegionFault(f"{place}{name}: {faults}") from None


def _no_overlap(name: str, rows: Sequence[NamedRow]) -> None:
    for number, row in enumerate(rows):
        for other in rows[:number]:
            if other.id == row.id and (row.holds_on(other.valid_from) or other.holds_on(row.valid_from)):
                raise RegionFault(f"{name}.yaml, row {number + 1} ({row.id}): holds on days on which an earlier row of the same id does.")
