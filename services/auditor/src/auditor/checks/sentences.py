"""How a finding is said: how many, what is wrong with them, and some of their ids."""

from collections.abc import Sequence
from typing import Any

SHOWN = 5  # ids that a sentence names


def sentence(ids: Sequence[Any], what: str) -> list[str]:
    """One finding about some ids; none about no ids."""
    named = ", ".join(map(str, ids[:SHOWN]))
    return [f"{len(ids)} {what}: {named}{' …' if len(ids) > SHOWN else ''}"] if ids else []
