"""A copy of how to reach a party; the only personal data that notifications keeps."""

from typing import ClassVar, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Language
from common.events.party import PartyContactChanged


class Contact(Aggregate):
    """Where a party reads its mail, and in which language; the newest revision stands."""

    collection: ClassVar[str] = "contacts"

    name: str
    email: str
    language: Language
    revision: int
    erased: bool = False

    @classmethod
    def of(cls, party: PartyContactChanged) -> Self:
        """A contact that was not known before."""
        return cls(id=party.party_id, name=party.name, email=party.email, language=party.language, revision=party.revision)

    @classmethod
    def gone(cls, party_id: UUID) -> Self:
        """A contact of which only is known that it is erased."""
        return cls(id=party_id, name="", email="", language="en", revision=0, erased=True)

    def erase(self) -> Self:
        """Keep that it was there and nothing of it, so that what comes late does not fill it again."""
        self.name, self.email, self.erased = "", "", True
        return self

    def change(self, party: PartyContactChanged) -> Self:
        """Take over what is newer."""
        self.name, self.email, self.language, self.revision = party.name, party.email, party.language, party.revision
        return self
