"""How much is measured: `quick` for every day, `full` for figures that are to be quoted."""

from typing import NamedTuple


class Profile(NamedTuple):
    """Sizes of all parts; subject and peers alternate `rounds` times."""

    name: str
    rounds: int
    cases: int
    stock_cases: int
    latency_seconds: float
    warm_seconds: float
    requests: int
    events: int
    loaded_events: int
    """Events that reporting has taken when memory is looked at; 0: after the last backlog."""
    comings: int
    """How often a member joins a group and leaves it."""
    attempts: int
    """Bookings that are tried, with the guard and without."""
    appointments: int
    """In the store while days are searched for."""
    search_seconds: float


PROFILES = {
    "quick": Profile("quick", 2, 1200, 40, 12, 3, 5000, 20_000, 0, 1, 2000, 100_000, 10),
    "full": Profile("full", 5, 6000, 200, 60, 10, 30_000, 100_000, 200_000, 10, 20_000, 1_000_000, 60),
}
