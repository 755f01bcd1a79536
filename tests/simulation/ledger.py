"""What happened, written down by the world itself: what partners were promised, what each service has settled, what was spoiled."""

from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from common.aggregate import Mark
from common.envelope import Envelope
from common.events.base import Event
from common.lanes import Lane
from common.store.port import handling
from simulation.chance import Chance
from simulation.history import History

SPOILED = (
    ("intake", "VisitConfirmed"),
    ("intake", "ScreenCase"),
    ("scheduling", "CaseScreened"),
    ("scheduling", "ClaimSlots"),
    ("scheduling", "ConfirmVisit"),
    ("notifications", "CaseCreated"),
    ("notifications", "VisitConfirmed"),
    ("notifications", "RequestMessage"),
    ("reporting", "CaseStatusChanged"),
    ("reporting", "CaseStatusChanged"),
)


DECIDED: ContextVar[Mark | None] = ContextVar("DECIDED", default=None)
"""The message whose handler has decided last in this task; what is saved next is its effect."""


class Broken(Exception):
    """A bug that the simulation has put into a handler, for one case."""


@dataclass
class Poison:
    """One message that a service cannot handle until somebody has mended it."""

    name: str
    service: str
    kind: str
    key: str | None = None


@dataclass
class Ledger:
    """Facts about a run that no service keeps."""

    history: History
    promised: dict[UUID, str] = field(default_factory=dict)
    """Case to the fingerprint for which a partner got its 202."""
    offered: set[UUID] = field(default_factory=set)
    resent: Counter[UUID] = field(default_factory=Counter)
    settled: dict[str, set[UUID]] = field(default_factory=dict)
    """Per service, the ids of the events whose handling has been saved."""
    disorder: list[tuple[str, str]] = field(default_factory=list)
    """Case, and what was handled out of order."""
    garbage: list[tuple[str, int, int]] = field(default_factory=list)
    poisons: list[Poison] = field(default_factory=list)
    applied: Counter[tuple[str, Mark]] = field(default_factory=Counter)
    """Per service, how often a message has changed something."""
    _last: dict[tuple[str, str, UUID], int] = field(default_factory=dict)

    def heard(self, service: str, process: str, envelope: Envelope, *, jumps: bool) -> None:
        """A service has settled an event; for the first time each must come in the order of its source."""
        settled = self.settled.setdefault(service, set())
        if envelope.id in settled:
            return
        settled.add(envelope.id)
        key = (service, envelope.topic, envelope.subject)
        last = self._last.get(key, 0)
        self._last[key] = envelope.sequence
        where = f"{envelope.topic} {envelope.sequence}"
        self.history.note(process, f"has handled {where}", str(envelope.subject))
        if jumps:
            self.disorder.append((str(envelope.subject), f"{service} has handled {where} while its lane waits for help"))
        if envelope.sequence != last + 1:
            self.disorder.append((str(envelope.subject), f"{service} has handled {where} right after {last}"))

    def saved(self, service: str, collection: str) -> None:
        """A change has been saved in a service; whose effect it is, is known here. Lanes are no effect of what waits in them."""
        mark = DECIDED.get()
        if mark is not None and collection != Lane.collection:
            self.applied[service, mark] += 1
            DECIDED.set(None)


class Spoiling:
    """Stands before every handler and spoils the first message of a kind, wherever it is tried, until it is mended."""

    def __init__(self, chance: Chance, ledger: Ledger, draw: Random) -> None:
        self._chance, self._ledger = chance, ledger
        drawn = [draw.choice(SPOILED) for _ in range(chance.weather.poison)]
        ledger.poisons = [Poison(f"poison#{number}", *one) for number, one in enumerate(drawn)]
        self._waiting = {poison.name for poison in ledger.poisons if chance.planned(poison.name)}

    def mend(self) -> None:
        """Deploy the version without the bug."""
        self._waiting.clear()

    def tap(self, service: str, handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """A handler behind the poison."""

        async def spoiled(message: Any, ports: Any) -> Any:
            DECIDED.set(None)
            if self._waiting and self._spoils(service, message):
                raise Broken
            changed = await handler(message, ports)
            DECIDED.set(None if changed is None else handling.get())
            return changed

        return spoiled

    def _spoils(self, service: str, message: Any) -> bool:
        key = message.key if isinstance(message, Event) else message.model_dump_json()
        for poison in self._ledger.poisons:
            if poison.name in self._waiting and (poison.service, poison.kind) == (service, type(message).__name__):
                poison.key = poison.key or key
                if poison.key == key:
                    return True
        return False
