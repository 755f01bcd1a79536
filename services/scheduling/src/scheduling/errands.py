"""Turns the formalities that a household wants into work at desks: what is done in one go, how long, in which order, by whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from common.events.case import FormalityWanted
from scheduling.domain.catalogue import Desk, Product, in_force
from scheduling.region import Region

Shape = tuple[tuple[str, tuple[int, ...]], ...]
"""Products with the persons they concern, in one order: cases of the same shape are planned alike."""


@dataclass(frozen=True, slots=True)
class DeskWork:
    """Products of one organisation, for some persons, in one go; `length` and `gap` in grid steps, the most suitable desk first."""

    products: tuple[str, ...]
    persons: tuple[int, ...]
    length: int
    gap: int
    desks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    product: Product
    persons: tuple[int, ...]


def shape_of(formalities: Iterable[FormalityWanted]) -> Shape:
    """Formalities of the same product come together, whoever they are for."""
    persons: dict[str, set[int]] = {}
    for formality in formalities:
        persons.setdefault(formality.product, set()).update(formality.persons)
    return tuple(sorted((product, tuple(sorted(people))) for product, people in persons.items()))


class DeskWorks:
    """What each location can do for a household of a shape; answers are kept, for few shapes are wanted by many."""

    def __init__(self, region: Region) -> None:
        self._region, self._grid = region, region.policies.slot_grid_minutes
        self._known: dict[tuple[object, ...], tuple[DeskWork, ...] | None] = {}
        self._ever: dict[str, tuple[str, ...]] = {}
        self._serving: dict[tuple[str, int], tuple[str, ...]] = {}

    def locations(self, municipality: str, day: date) -> tuple[str, ...]:
        """The locations where residents of a municipality are served on a day."""
        key = (municipality, self._region.era(day))
        if key not in self._serving:
            rows = [(id_, self._region.location(id_, day)) for id_ in self._region.location_ids]
            self._serving[key] = tuple(id_ for id_, row in rows if row is not None and municipality in row.municipalities)
        return self._serving[key]

    def ever(self, municipality: str) -> tuple[str, ...]:
        """The locations where residents of a municipality are served at some time."""
        if municipality not in self._ever:
            serving = {row.id for row in self._region.locations if municipality in row.municipalities}
            self._ever[municipality] = tuple(id_ for id_ in self._region.location_ids if id_ in serving)
        return self._ever[municipality]

    def at(self, location: str, day: date, shape: Shape, language: str) -> tuple[DeskWork, ...] | None:
        """The errands of a household in their order; None where a location does not do all of it."""
        key = (location, self._region.era(day), shape, language)
        if key not in self._known:
            self._known[key] = self._work_out(location, day, shape, language)
        return self._known[key]

    def _work_out(self, location: str, day: date, shape: Shape, language: str) -> tuple[DeskWork, ...] | None:
        parts: list[_Part] = []
        for id_, persons in shape:
            product = in_force([row for row in self._region.products if row.id == id_], day)
            if product is None:
                return None
            parts.append(_Part(product, persons))
        parts.sort(key=lambda part: (part.product.rank, part.product.organisation))
        desks = [desk for desk in self._region.desks if desk.location == location and desk.holds_on(day)]
        works: list[DeskWork] = []
        for _, group in groupby(parts, key=lambda part: (part.product.rank, part.product.organisation)):
            for together in _by_desk(list(group), desks):
                able = _able(together, desks)
                if not able:
                    return None
                works.append(self._work(together, _suitable(able, language)))
        return tuple(works)

    def _work(self, parts: Sequence[_Part], desks: tuple[str, ...]) -> DeskWork:
        minutes = sum(part.product.minutes(len(part.persons)) for part in parts)
        return DeskWork(
            products=tuple(part.product.id for part in parts),
            persons=tuple(sorted({person for part in parts for person in part.persons})),
            length=-(-minutes // self._grid),
            gap=-(-max(part.product.buffer_minutes for part in parts) // self._grid),
            desks=desks,
        )


def _by_desk(parts: list[_Part], desks: Sequence[Desk]) -> list[list[_Part]]:
    """All in one go where a desk does all of it, else one after the other."""
    return [parts] if _able(parts, desks) else [[part] for part in parts]


def _able(parts: Sequence[_Part], desks: Sequence[Desk]) -> list[Desk]:
    return [desk for desk in desks if all(part.product.id in desk.products for part in parts)]


def _suitable(desks: Sequence[Desk], language: str) -> tuple[str, ...]:
    """Those who speak the household's language where any does; desks with few languages first, so that the others stay free."""
    speaking = [desk for desk in desks if language in desk.languages] or desks
    return tuple(desk.id for desk in sorted(speaking, key=lambda desk: (len(desk.languages), desk.id)))
