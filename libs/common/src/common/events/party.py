"""Facts about parties. Only intake tells them; this is the one topic that holds personal data."""

from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field

from common.events.base import Event, Language, Tombstone

CONTACT = "party.contact-changed"


class PartyContactErased(Tombstone):
    """How to reach a party is not known any more, for good: whoever keeps a copy blanks it, and nothing that comes later fills it again."""

    topic: ClassVar[str] = CONTACT

    party_id: UUID

    @classmethod
    def under(cls, key: str) -> Self:
        return cls(party_id=UUID(key))

    @property
    def key(self) -> str:
        return str(self.party_id)


class PartyContactChanged(Event):
    """How to reach a party: compacted by party, readable by notifications alone, a tombstone on erasure."""

    topic: ClassVar[str] = CONTACT
    publisher: ClassVar[str] = "intake"
    compacted: ClassVar[bool] = True
    tombstone: ClassVar[type[Tombstone] | None] = PartyContactErased
    personal: ClassVar[bool] = True

    party_id: UUID
    name: Annotated[str, Field(max_length=200, examples=["A. Example"])]
    email: Annotated[str, Field(max_length=254, examples=["a.example@example.org"])]
    language: Language
    revision: int = Field(ge=1, examples=[1])

    @property
    def key(self) -> str:
        return str(self.party_id)
