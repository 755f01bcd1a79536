"""The four services as their own code describes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

from common.blueprint import Blueprint
from common.clock import SystemClock
from common.events.base import Event, Tombstone
from common.events.lane import PARKED
from common.service import Service
from common.settings import ServiceSettings
from common.subscribing import On
from common.testing import offline
from common.testing.memory import MemoryStore
from loket.supervisor import SERVICES


@dataclass(frozen=True)
class Described:
    """A service: what it hears, tells and can be told."""

    blueprint: Blueprint[Any]
    settings: type[ServiceSettings]

    @property
    def name(self) -> str:
        return self.blueprint.name

    @property
    def tells(self) -> tuple[type[Event], ...]:
        """What its handlers publish, and what the chassis publishes in its name."""
        return (*self.blueprint.publishes, PARKED[self.name])

    @property
    def hears(self) -> dict[type[Event], On[Any]]:
        return {on.message: on for on in self.blueprint.subscribes if issubclass(on.message, Event)}

    def heeds(self, tombstone: type[Tombstone]) -> Iterator[On[Any]]:
        """How it takes a tombstone, if it does."""
        return (on for on in self.blueprint.subscribes if on.message is tombstone)

    def offline(self) -> Service[Any]:
        """The service with its HTTP side, without Kafka."""
        return offline(self.blueprint, MemoryStore(), SystemClock())[0]


Platform = tuple[Described, ...]


def describe(region: Path) -> Platform:
    """Build every service with settings that matter to nobody; only the region pack is real."""
    return tuple(_describe(name, region) for name in SERVICES)


def listeners(platform: Platform, event: type[Event]) -> Iterator[tuple[Described, On[Any]]]:
    """Who hears an event, and by which handler."""
    for service in platform:
        if event in service.hears:
            yield service, service.hears[event]


def handler_of(on: On[Any]) -> tuple[str, str]:
    """The name of a handler and the first sentence of what it does."""
    handler: Any = on.handler
    return handler.__name__, (getdoc(handler) or "").split("\n\n")[0].replace("\n", " ")


def _describe(name: str, region: Path) -> Described:
    settings: type[ServiceSettings] = import_module(f"{name}.settings").Settings
    built = settings.model_validate(
        {
            "region_path": region,
            "oidc_issuer": "https://issuer.example.org",
            "oidc_jwks": "https://issuer.example.org/jwks",
            "pseudonym_key": "of no deployment, for no pseudonym",
        }
    )
    return Described(import_module(f"{name}.app").build(built), settings)
