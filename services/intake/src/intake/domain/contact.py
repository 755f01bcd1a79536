"""A contact: a client and a service have spoken, without a case of their own."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Code
from common.events.contact import ContactRegistered
from common.ids import derived
from intake.domain.messages import RegisterContact
from intake.domain.submission import country_pair


class Contact(Aggregate):
    """What is kept of it: that it took place, and from whom we know."""

    collection: ClassVar[str] = "contacts"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("partner_id", "received_at"),)

    fingerprint: str
    partner_id: Code
    service: Code
    received_at: datetime

    @classmethod
    def registered(cls, command: RegisterContact, now: datetime) -> Self:
        """Everybody hears of a contact once."""
        made = command.handed_in
        contact = cls(id=command.id, fingerprint=command.fingerprint, partner_id=command.partner_id, service=made.service, received_at=now)
        return contact.tell(
            ContactRegistered(
                occurred_at=made.occurred_at,
                case_id=command.id,
                contact_id=command.id,
                service=made.service,
                channel=made.channel,
                direction=made.direction,
                themes=made.themes,
                country_pair=country_pair(made.country_of_residence, made.country_of_work),
                language=made.language,
                succeeded=made.succeeded,
                client_pseudonym=pseudonym(command.partner_id, made.client_pseudonym),
                organisation_id=command.organisation_id,
            )
        )


def pseudonym(partner_id: str, given: UUID | None) -> UUID | None:
    """The pseudonym under which others know a client of a partner; what the partner itself uses goes no further."""
    return None if given is None else derived("client", partner_id, given)
