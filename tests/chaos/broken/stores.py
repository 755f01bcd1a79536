"""Builds that do not keep store and log together when one of them loses something."""

from broken_builds import Patch

from common.log_view import LogState
from common.pairing import Pairing


def keeps_nothing(patch: Patch) -> None:
    """What Kafka has acknowledged is cleared at once, as where `OUTBOX_KEEP_SECONDS` is 0."""
    patch.setenv("OUTBOX_KEEP_SECONDS", "0")


def does_not_compare(patch: Patch) -> None:
    """Whatever store is there is worked on."""

    async def anything_goes(self: Pairing, log: LogState) -> None:
        del self, log

    patch.setattr(Pairing, "disagreement", anything_goes)
