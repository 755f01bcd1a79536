"""Tokens for the platform of this machine, by its own clock."""

from datetime import datetime, timedelta

from common.access.issuing import Grant
from common.access.scopes import EVERY
from common.clock import ShiftedClock
from loket.supervisor import StateFolder

HOURS = 8.0


def machine_token(folder: StateFolder, grant: Grant, hours: float = HOURS) -> str:
    """A token that is good from now on, by the clock that the services go by."""
    return folder.issuer().token(grant, ShiftedClock(folder.clock).now(), hours)


class Badges:
    """A token for each role, a new one in good time: the clock of the story jumps by days."""

    def __init__(self, folder: StateFolder) -> None:
        self._issuer, self._clock = folder.issuer(), ShiftedClock(folder.clock)
        self._held: dict[str, tuple[datetime, str]] = {}

    def of(self, role: str) -> str:
        """A token for all locations and organisations that is good for some hours yet."""
        now = self._clock.now()
        renewed, token = self._held.get(role, (None, ""))
        if renewed is None or now - renewed > timedelta(hours=HOURS / 2):
            token = self._issuer.token(Grant(role, locations=(EVERY,)), now, HOURS)
            self._held[role] = (now, token)
        return token
