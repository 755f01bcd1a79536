"""Whatever the gate and the routes of staff take leaves no lane behind: screened, planned, written to and counted, to the end of time."""

import asyncio
from collections import Counter
from itertools import count

import pytest
from fuzz.counting import counted
from fuzz.profile import LONG, SEED, WHOLE
from fuzz.whole import ASKED, HANDED_IN
from hypothesis import HealthCheck, Phase, given, seed, settings
from simulation.pipeline import Asked, HandedIn, carry
from simulation.sabotage import bounds_forgotten

from reporting.domain import Fact

NUMBERS = count()
MOST_FACTS = 20_000
SETTINGS = settings(
    max_examples=WHOLE,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, *([Phase.shrink] if LONG else [])],
)


@pytest.mark.timeout(24 * 3600 if LONG else 120)
def test_whatever_is_taken_can_be_carried_to_its_end() -> None:
    statuses: Counter[int] = Counter()
    facts: list[Fact] = []

    @seed(SEED)
    @SETTINGS
    @given(HANDED_IN, ASKED)
    def comes(handed_in: list[HandedIn], asked: list[Asked]) -> None:
        seen = carry(handed_in, asked, str(next(NUMBERS)))
        assert seen.wrong == []
        statuses.update(seen.statuses)
        facts.extend(seen.facts[: MOST_FACTS - len(facts)])

    comes()
    figures = asyncio.run(counted(facts))

    assert sum(figure.n for figure in figures.values()) > WHOLE
    assert statuses[202] > WHOLE
    assert statuses[400] > WHOLE
    assert statuses[200] > 0


def test_a_gate_that_has_forgotten_its_bounds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds_forgotten(monkeypatch)

    @seed(SEED)
    @settings(SETTINGS, max_examples=20)
    @given(HANDED_IN, ASKED)
    def comes(handed_in: list[HandedIn], asked: list[Asked]) -> None:
        assert carry(handed_in, asked).wrong == []

    with pytest.raises(AssertionError):
        comes()
