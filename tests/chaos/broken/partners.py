"""A bug that hits the cases of one partner, and builds in which it hits others as well."""

import os
from pathlib import Path
from typing import Any

from broken_builds import Patch

import intake.handlers
from chaos.driver.hostile import HOSTILE
from common.breaker import Breaker
from common.overload import LATER, Cause, Overload, Wait

CALM = "CHAOS_CALM"
"""The environment variable that names the file with which the rig says that the faults have stopped: then the bug is mended."""


def bug_for_one_partner(patch: Patch) -> None:
    """Every case of one partner fails in screening until the bug is mended."""
    whole, mended = intake.handlers.take_screening, Path(os.environ.get(CALM, os.devnull + "/none"))

    def take_screening(case: Any, *more: Any) -> Any:
        if case.partner_id == HOSTILE and not mended.exists():
            raise OverflowError("date value out of range")
        return whole(case, *more)

    patch.setattr(intake.handlers, "take_screening", take_screening)


def breaker_counts_whoever_sent(patch: Patch) -> None:
    """The breaker counts lanes, not who is hurt."""
    bug_for_one_partner(patch)
    patch.setattr(Breaker, "_weight", lambda self: len(self._parked))


def all_wait_for_one(patch: Patch) -> None:
    """Who has too many parked lanes holds up everybody."""
    bug_for_one_partner(patch)
    original = Overload.wait

    def wait(self: Any, submitter: str) -> Wait | None:
        if any(count >= self._most_parked for count in self._parked._by_submitter.values()):
            return Wait(LATER, Cause.PARKED)
        return original(self, submitter)

    patch.setattr(Overload, "wait", wait)
