"""Whatever bytes and headers come, the gate admits or refuses: never anything else, and never with an echo."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from fuzz.gate import INPUTS, Input, gate, judged, varied
from fuzz.profile import INPUTS as HOW_MANY
from fuzz.profile import LONG, ROUND, SEED
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

VARIATIONS = 19
"""Of each input that is drawn."""
HALVES = 2 if LONG else 1
"""Parts that may run in processes of their own."""


@pytest.mark.timeout(24 * 3600 if LONG else 120)
@pytest.mark.parametrize("half", range(HALVES))
def test_the_gate_admits_or_refuses_whatever_comes(half: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, seen = gate(tmp_path), Counter[str]()
    examples = HOW_MANY // HALVES // (1 + VARIATIONS) + 1
    for round_ in range((examples + ROUND - 1) // ROUND):

        @seed(SEED * 1_000_003 + round_ * HALVES + half)
        @settings(
            max_examples=min(ROUND, examples),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(INPUTS, st.integers(0, 2**32))
        def comes(one: Input, chance: int) -> None:
            for another in varied(one, Random(chance), VARIATIONS):
                seen[judged(made, another)] += 1

        comes()

    with capsys.disabled():
        print(f"\n{seen.total():,} inputs: " + ", ".join(f"{count:,} {reason}" for reason, count in seen.most_common()))  # noqa: T201
    assert seen.total() >= HOW_MANY // HALVES
    assert {"admitted", "faults", "not_strict_json", "media_type", "token"} <= set(seen)
