"""What the handlers of intake may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from common.events.case import Status
from intake.domain.case import Attention, Case
from intake.domain.contact import Contact
from intake.domain.region import Region


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime: ...


class Cases(Protocol):
    """The cases that we keep."""

    async def get(self, case_id: UUID, /) -> Case | None: ...

    async def page(self, status: Status | None, attention: Attention | None, page: int, size: int) -> tuple[Sequence[Case], int]:
        """One page, the newest first, and how many there are in all."""


class Contacts(Protocol):
    """The contacts that have been registered."""

    async def get(self, contact_id: UUID, /) -> Contact | None: ...


@dataclass(frozen=True)
class Ports:
    """Everything a handler of intake can reach."""

    cases: Cases
    contacts: Contacts
    region: Region
    clock: Clock
