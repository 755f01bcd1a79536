"""How much is measured: `tiny` to see that it works, `quick` for every day, `full` for figures that are to be quoted."""

from typing import NamedTuple


class Profile(NamedTuple):
    """Sizes of the parts from a to f; the later parts have their own beside them, by the name of the profile."""

    name: str
    rounds: int
    """Subject and peers alternate so often."""
    cases: int
    stock_cases: int
    latency_seconds: float
    rush_seconds: float
    """How long 500 submissions come per second."""
    warm_seconds: float
    requests: int
    events: int
    comings: int
    """How often a member joins a group and leaves it."""
    attempts: int
    """Bookings that are tried, with the guard and without."""
    appointments: int
    """In the store while days are searched for."""
    search_seconds: float


PROFILES = {
    "tiny": Profile("tiny", 1, 60, 10, 2, 1, 1, 300, 1000, 1, 200, 2_000, 2),
    "quick": Profile("quick", 2, 1200, 40, 12, 3, 3, 5000, 20_000, 1, 2000, 100_000, 10),
    "full": Profile("full", 3, 4000, 100, 40, 10, 10, 15_000, 50_000, 5, 20_000, 1_000_000, 60),
}
