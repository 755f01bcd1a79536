"""Facts about cases. Only intake tells them."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from common.events.base import CaseEvent, Code, Count, Language, Message, Moment, MunicipalityCode, NationalityGroup

Route = Literal["one_stop", "desk", "answer", "refer", "refuse"]
SponsorStatus = Literal["recognised", "not_recognised", "unknown"]
Status = Literal[
    "received",
    "screening",
    "information_requested",
    "accepted",
    "planned",
    "in_progress",
    "awaiting_decision",
    "completed",
    "rejected",
    "withdrawn",
    "referred",
]

Reachable = Annotated[bool, Field(description="Whether anybody has said how to reach the party; where nobody has, no letter is asked for.")]


class FormalityWanted(Message):
    """A product of one organisation for some persons of the household, by their numbers (1 is the first person)."""

    formality_id: UUID
    product: Code
    persons: tuple[Count, ...]


class CaseCreated(CaseEvent):
    """A household's request has been received and stored."""

    topic: ClassVar[str] = "case.created"
    publisher: ClassVar[str] = "intake"

    case_type: Code
    catalogue_version: Code
    initiator_role: Code
    partner_id: Code
    organisation_id: Code | None = None
    channel: Code
    language: Language
    party_id: UUID
    municipality_code: MunicipalityCode
    nationality_group: NationalityGroup
    purpose: Code
    household_size: Count
    journey_id: UUID
    formalities: tuple[FormalityWanted, ...]
    reachable: Reachable = True


class CaseScreened(CaseEvent):
    """The rules have said which way a case goes, and why; `formalities` are those that need a desk."""

    topic: ClassVar[str] = "case.screened"
    publisher: ClassVar[str] = "intake"

    case_type: Code
    route: Route
    outcome: Literal["accepted", "information_requested", "referred", "rejected", "answered"]
    rule_version: Code
    reason_codes: tuple[Code, ...]
    language: Language
    party_id: UUID
    municipality_code: MunicipalityCode
    household_size: Count
    formalities: tuple[FormalityWanted, ...]
    not_before: Moment
    sponsor_status: SponsorStatus = Field(
        default="unknown", description="What the register of recognised sponsors said of the organisation on the day the case was received."
    )


class CaseInformationRequested(CaseEvent):
    """Documents are missing before the case can go on."""

    topic: ClassVar[str] = "case.information-requested"
    publisher: ClassVar[str] = "intake"

    document_types: tuple[Code, ...]
    due_date: date
    language: Language
    party_id: UUID


class CaseInformationReceived(CaseEvent):
    """Documents that were asked for have come."""

    topic: ClassVar[str] = "case.information-received"
    publisher: ClassVar[str] = "intake"

    document_types: tuple[Code, ...]


class CaseStatusChanged(CaseEvent):
    """A case went from one status to the next."""

    topic: ClassVar[str] = "case.status-changed"
    publisher: ClassVar[str] = "intake"

    from_status: Status
    to_status: Status
    reason_code: Code | None = None
    norm_id: Code | None = None
    due_date: date | None = None


class CaseReferred(CaseEvent):
    """Somebody else is to help; a warm transfer hands the case over instead of only naming the address."""

    topic: ClassVar[str] = "case.referred"
    publisher: ClassVar[str] = "intake"

    target_organisation: Code
    target_product: Code
    warm_transfer: bool
    language: Language
    party_id: UUID


class CaseClosed(CaseEvent):
    """A case has ended, with its result and what the archive does with it."""

    topic: ClassVar[str] = "case.closed"
    publisher: ClassVar[str] = "intake"

    result: Literal["completed", "rejected", "withdrawn", "referred", "answered"]
    reason_codes: tuple[Code, ...] = ()
    archive_nomination: Literal["destroy", "keep"]
    archive_action_date: date | None = None
    language: Language
    party_id: UUID
    reachable: Reachable = True


class BsnIssued(CaseEvent):
    """A citizen service number was issued to a person of the household: that and when, never the number."""

    topic: ClassVar[str] = "bsn.issued"
    publisher: ClassVar[str] = "intake"

    person: Count
    issued_on: date
    clock_start: date
    start_event: Code
    route: Route


class PermitDecided(CaseEvent):
    """The immigration service has decided on a person's permit."""

    topic: ClassVar[str] = "permit.decided"
    publisher: ClassVar[str] = "intake"

    person: Count
    applied_on: date
    decided_on: date
    purpose: Code
    granted: bool
