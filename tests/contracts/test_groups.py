"""The largest groups that intake takes are those for which scheduling has a day, counted over an empty week."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from intake.domain.region import Group
from intake.region_pack import read_region
from scheduling.errands import DeskWorks
from scheduling.openings import Openings
from scheduling.planner import Errand, shortest_stay, starts
from scheduling.region import Region

PACK = Path(__file__).parents[2] / "regions" / "south-limburg"
MONDAY = date(2026, 11, 2)
GROUPS = read_region(PACK / "intake").groups
MOST = 50  # persons that a case may have


@pytest.fixture(scope="module")
def region() -> Region:
    return Region.read(PACK / "scheduling")


def fits(region: Region, group: Group, persons: int, municipality: str, language: str) -> bool:
    """Whether an empty week has a day on which so many persons get everything."""
    works, openings = DeskWorks(region), Openings(region)
    shape = tuple(sorted((product, tuple(range(1, persons + 1))) for product in group.products))
    for day in (MONDAY + timedelta(days=n) for n in range(7)):
        for place in works.locations(municipality, day):
            bits = openings.of(place, day)
            wanted = works.at(place, day, shape, language) or ()
            errands = [Errand(union([starts(bits[desk], one.length) for desk in one.desks]), one.length, one.gap) for one in wanted]
            if errands and all(one.starts for one in errands) and shortest_stay(errands):
                return True
    return False


def union(bits: Sequence[int]) -> int:
    whole = 0
    for one in bits:
        whole |= one
    return whole


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "-".join(sorted(group.products)))
def test_a_row_of_groups_is_the_most_for_whom_a_week_has_a_day(region: Region, group: Group) -> None:
    served = {
        frozenset(row.id for row in region.locations if code in row.municipalities): code
        for row in region.locations
        for code in row.municipalities
    }
    everywhere = [(code, language) for code in served.values() for language in ("nl", "en", "de", "fr")]

    assert all(fits(region, group, group.persons, *where) for where in everywhere)
    assert group.persons == MOST or not all(fits(region, group, group.persons + 1, *where) for where in everywhere)
