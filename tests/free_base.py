"""Ports for a platform that a test starts as a person would."""

import random

from loket.embedded.child import is_free
from loket.supervisor.layout import Ports

_BASES = range(10_000, 21_000)  # with the highest port still below those that a system lends to clients


def free_base() -> int:
    """A LOKET_PORT_BASE of which no port is in use now."""
    while not all(map(is_free, Ports.from_base(base := random.SystemRandom().choice(_BASES)).by_name().values())):
        pass
    return base
