"""The four services as they answer over HTTP, without a Kafka and with a store in memory; made once in a process of the run."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import intake.app
import intake.settings
import notifications.app
import notifications.settings
import reporting.app
import reporting.settings
import scheduling.app
import scheduling.settings
from common.service import Service
from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import StoppedClock

REGION = Path(__file__).parents[1] / "regions" / "south-limburg"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
MODULES = {"intake": intake, "scheduling": scheduling, "notifications": notifications, "reporting": reporting}


@cache
def service(name: str) -> Service[Any]:
    """One of them; its clock stands still."""
    module = MODULES[name]
    settings = module.settings.Settings(**issuer_settings(), region_path=REGION, environment="test", log_level="error")
    made, _ = offline(module.app.build(settings), MemoryStore(), StoppedClock(NOW))
    return made
