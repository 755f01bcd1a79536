"""A case as case workers see it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from common.events.base import Code, Language, MunicipalityCode, NationalityGroup
from common.events.case import Route, Status
from common.http import View
from intake.api.submissions import Reason, reasons_of
from intake.domain.case import Attention, Case
from intake.ports import Ports


class ContactView(View):
    """How to reach somebody."""

    name: str
    email: str


class PersonView(View):
    """A member of the household."""

    number: int
    nationality_group: NationalityGroup
    language: Language
    documents: Sequence[Code]
    contact: ContactView | None


class FormalityView(View):
    """A product for some persons, and how far it is."""

    id: UUID
    product: Code
    persons: Sequence[int]
    desk: bool
    ready: bool
    awaiting_permit_of: Sequence[int]
    completed_at: datetime | None
    outcome: Code | None


class MissingView(View):
    """One of these documents is wanted, from a person or from anybody of the household."""

    product: Code
    person: int | None
    any_of: Sequence[Code]


class PermitDecisionView(View):
    """A decision on a person's permit."""

    person: int
    applied_on: date
    decided_on: date
    granted: bool


class CaseSummary(View):
    """A case in a list, without personal data."""

    id: UUID
    case_type: Code
    status: Status
    result: Code | None
    partner_id: Code
    organisation_id: Code | None
    municipality_code: MunicipalityCode
    household_size: int
    received_at: datetime
    attention: Attention | None


class CaseView(CaseSummary):
    """A case with everything that is known of it."""

    purpose: Code
    language: Language
    channel: Code
    initiator_role: Code
    journey_id: UUID
    party_id: UUID
    contact: ContactView | None
    persons: Sequence[PersonView]
    formalities: Sequence[FormalityView]
    route: Route | None
    rule: Code | None
    rule_version: Code | None
    reasons: Sequence[Reason]
    missing: Sequence[MissingView]
    information_due: date | None
    decisions: Sequence[PermitDecisionView]
    bsn_issued: Mapping[int, date]
    closed_at: datetime | None


class CasePage(View):
    """A page of cases."""

    cases: Sequence[CaseSummary]
    page: int
    page_size: int
    total: int


def summary_of(case: Case) -> CaseSummary:
    """A case in a list."""
    return CaseSummary.model_validate(case, from_attributes=True)


def view_of(case: Case, ports: Ports, language: Language) -> CaseView:
    """A case in full."""
    screened = case.screened
    known = {name: getattr(case, name) for name in CaseView.model_fields if hasattr(case, name)}
    return CaseView.model_validate(
        {
            **known,
            "route": screened and screened.route,
            "rule": screened and screened.rule,
            "rule_version": screened and screened.rule_version,
            "reasons": reasons_of(case, ports, language),
            "missing": case.missing() if case.status == "information_requested" else (),
        },
        from_attributes=True,
    )
