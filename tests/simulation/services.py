"""The four services as their `app.py` says, read once per process; a narrow region makes households race for few desks."""

from collections.abc import Callable
from dataclasses import replace
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
from common.blueprint import Blueprint
from common.testing.issuer import issuer_settings
from scheduling.region import Region

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"
SERVICES = ("intake", "scheduling", "notifications", "reporting")
MODULES = {
    "intake": (intake.app, intake.settings),
    "scheduling": (scheduling.app, scheduling.settings),
    "notifications": (notifications.app, notifications.settings),
    "reporting": (reporting.app, reporting.settings),
}


@cache
def blueprint(name: str) -> Blueprint[Any]:
    """A service by the region pack; nothing of it runs yet."""
    app, settings = MODULES[name]
    made = settings.Settings(environment="test", region_path=REGION, patience_seconds=5, **issuer_settings())
    return app.build(made)


@cache
def narrow() -> Region:
    """One desk of each organisation, open for an hour and a half a day."""
    region = Region.read(REGION / "scheduling")
    hours = dict.fromkeys(("mon", "tue", "thu", "fri"), ("09:00-10:30",))
    desks = tuple(desk.model_copy(update={"hours": hours}) for desk in region.desks if desk.id.endswith(".1"))
    policies = tuple(policy.model_copy(update={"booking_window_days": 4}) for policy in region.policies.policies)
    return replace(region, desks=desks, policies=region.policies.model_copy(update={"policies": policies}))


def tapped(name: str, *, is_narrow: bool, tap: Callable[[str, Any], Any]) -> Blueprint[Any]:
    """A service whose handlers can be spoiled: `tap` stands before each of them."""
    made = blueprint(name)
    if name == "scheduling" and is_narrow:
        settings = made.settings
        made = replace(made, ports=lambda context: scheduling.app.make_ports(context, narrow(), settings))
    return replace(
        made,
        subscribes=tuple(replace(on, handler=tap(name, on.handler)) for on in made.subscribes),
        steps=tuple(replace(on, handler=tap(name, on.handler)) for on in made.steps),
    )
