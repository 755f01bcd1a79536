"""Builds that do not say that they are cut off, or say it where it does harm."""

from typing import Any

from broken_builds import Patch

import common.web
from common.connection import Connection
from common.service import Service


def cut_off_unsaid(patch: Patch) -> None:
    """Whoever was connected once counts as connected, as a client that retries in silence does."""
    patch.setattr(Connection, "connected", lambda self, now: True)


def liveness_by_readiness(patch: Patch) -> None:
    """What is not ready is to be started again."""
    patch.setattr(common.web, "stuck", lambda service: service.ready() is not None)


def intake_unready_without_kafka(patch: Patch) -> None:
    """Intake takes no cases while it cannot tell of them, though they would be safe."""
    original = Service.ready

    def ready(self: Any) -> str | None:
        reason: str | None = original(self)
        return reason or (self._why_not_consuming() if self.blueprint.name == "intake" else None)

    patch.setattr(Service, "ready", ready)
