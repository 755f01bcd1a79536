"""Every indicator over facts of any year, by the product's own SQL."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fuzz.gate import NOW

from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock
from reporting.app import wire
from reporting.definitions import Catalogue
from reporting.domain import Fact, Figure, Period
from reporting.region import Region
from reporting.settings import Settings

PACK = Path(__file__).parents[2] / "regions" / "south-limburg"
EVER = Period(date(2016, 1, 1), date(2032, 1, 1))


async def counted(facts: Sequence[Fact]) -> dict[str, Figure]:
    """What each indicator says of them."""
    store, region = MemoryStore(), Region.read(PACK / "reporting")
    for fact in facts:
        assert await store.save(fact, [])
    _, reading = wire(store, StoppedClock(NOW), Settings(**issuer_settings(), region_path=PACK), region, Catalogue.read())
    try:
        figures = reading.figures
        return {key: await figures.total(figures.definition(key, NOW.date()), EVER) for key in figures.keys}
    finally:
        await reading.warehouse.close()
