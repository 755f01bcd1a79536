"""What intake can be asked to do: commands from HTTP, and the steps that cases leave for their own service."""

from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from common.events.base import Code, Message, Step
from intake.domain.submission import CaseSubmitted, ContactMade, DocumentType, Handed, PersonNumber, QuestionAsked

D = TypeVar("D", CaseSubmitted, QuestionAsked, ContactMade)


class Submission(Message, Generic[D]):
    """An event that a partner has handed in, admitted by the gateway."""

    id: UUID
    partner_id: Code
    fingerprint: str
    """SHA-256 of the bytes handed in."""
    organisation_id: Code | None
    handed_in: D


class SubmitCase(Submission[CaseSubmitted]):
    """Open a case."""


class RecordQuestion(Submission[QuestionAsked]):
    """Open and close the case of a question."""

    municipality_code: Code
    purpose: Code


class RegisterContact(Submission[ContactMade]):
    """Register a contact."""


class HeldDocument(Handed):
    """A person has shown a document of this type."""

    person: PersonNumber
    document_type: DocumentType


class _CaseCommand(Message):
    case_id: UUID


class RecordDocuments(_CaseCommand):
    """Note documents that have been shown."""

    documents: tuple[HeldDocument, ...]


class RecordPermitDecision(_CaseCommand):
    """Note what the immigration service has decided."""

    person: int
    applied_on: date
    decided_on: date
    granted: bool


class RecordBsnIssued(_CaseCommand):
    """Note that a citizen service number was issued: that and when, never the number."""

    person: int
    issued_on: date


class WithdrawCase(_CaseCommand):
    """End a case because the client does not want it any more."""

    reason_code: Code


class ScreenCase(Step):
    """Let the rules decide which way a case goes."""

    case_id: UUID


class GiveUpWaiting(Step):
    """Documents that were asked for have not come in time."""

    case_id: UUID
