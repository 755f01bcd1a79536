"""A case: one household's request, from receipt to result."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field

from common.aggregate import Aggregate
from common.errors import Conflict, Rejected
from common.events.base import Code, Language, NationalityGroup
from common.events.case import (
    CaseClosed,
    CaseInformationRequested,
    CaseReferred,
    CaseScreened,
    CaseStatusChanged,
    Status,
)
from intake.domain.messages import GiveUpWaiting
from intake.domain.progress import Formality, PermitDecision, VisitSeen, standing
from intake.domain.region import Norm, Product, Region
from intake.domain.screening import Asked, Missing, Screened
from intake.domain.status import LAST, road
from intake.domain.submission import ContactDetails, Person

Result = Literal["completed", "rejected", "withdrawn", "referred", "answered"]


class Case(Aggregate):
    """Everything that intake knows of a request; personal data (contact, persons' contact) never leaves but to notifications."""

    collection: ClassVar[str] = "cases"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("status", "received_at"), ("partner_id", "received_at"), ("received_at",))

    fingerprint: str
    partner_id: Code
    organisation_id: Code | None
    initiator_role: Code
    channel: Code
    case_type: Code
    purpose: Code
    municipality_code: Code
    language: Language
    nationality_group: NationalityGroup
    household_size: int
    journey_id: UUID
    party_id: UUID
    received_at: datetime
    contact: ContactDetails | None
    persons: tuple[Person, ...] = ()
    formalities: tuple[Formality, ...]
    stay_months: int | None = None
    not_before: date | None = None

    status: Status = "received"
    screened: Screened | None = None
    information_due: date | None = None
    visit: VisitSeen = Field(default_factory=VisitSeen)
    decisions: tuple[PermitDecision, ...] = ()
    bsn_issued: dict[int, date] = Field(default_factory=dict)
    result: Result | None = None
    reasons: tuple[Code, ...] = ()
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Whether the case has its result."""
        return self.status in LAST

    def asked(self) -> Asked:
        """What screening looks at."""
        return Asked(
            case_type=self.case_type,
            purpose=self.purpose,
            municipality_code=self.municipality_code,
            organisation_id=self.organisation_id,
            stay_months=self.stay_months,
            persons=self.persons,
            nationality=self.nationality_group,
            wanted=tuple((formality.product, formality.persons) for formality in self.formalities),
        )

    def take_screening(self, screened: Screened, region: Region, now: datetime) -> Self:
        """Go the way that the rules have said."""
        self.screened = screened
        self.formalities = tuple(self._prepared(formality, region, now) for formality in self.formalities)
        if self.status != "screening":
            self.move("screening", now)
        self.tell(self._told_of_screening(screened, region, now))
        match screened.outcome:
            case "accepted":
                self._accept(region, now)
            case "information_requested":
                self._request_information(screened, region, now)
            case "referred":
                self._refer(screened, region, now)
            case "rejected":
                self.close("rejected", "rejected", screened.reasons, region, now)
            case "answered":
                self.close("completed", "answered", screened.reasons, region, now)
        return self

    def go_on(self, region: Region, now: datetime, reason: Code | None = None) -> Self:
        """Take the status that follows from everything heard so far."""
        if self.closed or self.screened is None or self.screened.outcome != "accepted":
            return self
        reached = standing(self.formalities, self.visit, self.decisions)
        match reached:
            case "completed":
                return self.close("completed", "completed", (), region, now)
            case "rejected":
                self.move("awaiting_decision", now)
                return self.close("rejected", "rejected", ("permit_not_granted",), region, now)
            case "awaiting_decision":
                norm = region.norm("permit", region.local_day(now))
                return self.move("awaiting_decision", now, reason, norm, region.local_day(now))
            case _:
                return self.move(reached, now, reason)

    def settle(self, formality_id: UUID, completed_at: datetime, outcome: Code) -> bool:
        """A desk has settled a formality; the first word counts."""
        if not any(formality.id == formality_id and formality.completed_at is None for formality in self.formalities):
            return False
        self.formalities = tuple(
            formality.model_copy(update={"completed_at": completed_at, "outcome": outcome}) if formality.id == formality_id else formality
            for formality in self.formalities
        )
        return True

    def close(self, status: Status, result: Result, reasons: tuple[Code, ...], region: Region, now: datetime) -> Self:
        """End with a result, and say what the archive does with it."""
        self.move(status, now, reasons[0] if reasons else None)
        self.forget(GiveUpWaiting)
        self.result, self.reasons, self.closed_at = result, reasons, now
        day = region.local_day(now)
        rule = region.retention(self.case_type, result, day)
        return self.tell(
            CaseClosed(
                occurred_at=now,
                case_id=self.id,
                result=result,
                reason_codes=reasons,
                archive_nomination=rule.nomination,
                archive_action_date=None if rule.years is None else _years_after(day, rule.years),
                language=self.language,
                party_id=self.party_id,
            )
        )

    def missing(self) -> tuple[Missing, ...]:
        """The documents that the last screening did not find."""
        return () if self.screened is None else self.screened.missing

    def move(self, to: Status, now: datetime, reason: Code | None = None, norm: Norm | None = None, clock_start: date | None = None) -> Self:
        """Walk to a status and tell each step of the way; the norm that now runs belongs to the last."""
        way = road(self.status, to)
        if way is None:
            raise Conflict(f"A case that is {self.status} cannot become {to}.")
        due = None if norm is None or clock_start is None else clock_start + timedelta(days=norm.days)
        for start, end in pairwise(way):
            last = end == to
            self.tell(
                CaseStatusChanged(
                    occurred_at=now,
                    case_id=self.id,
                    from_status=start,
                    to_status=end,
                    reason_code=reason if last else None,
                    norm_id=norm.norm if last and norm is not None else None,
                    due_date=due if last else None,
                )
            )
        self.status = to
        return self

    def refuse_strangers(self, persons: Iterable[int]) -> None:
        """Whoever is named must belong to the household."""
        if set(persons) - {person.number for person in self.persons}:
            raise Rejected("The case has no person of that number.")

    def _accept(self, region: Region, now: datetime) -> None:
        received = region.local_day(self.received_at)
        registers = any(formality.registers for formality in self.formalities)
        norm = region.norm("bsn", received) if registers else None
        self.move("accepted", now, None, norm, received if norm is not None and norm.clock == "application" else None)

    def _request_information(self, screened: Screened, region: Region, now: datetime) -> None:
        today = region.local_day(now)
        norm = region.norm("information", today)
        self.move("information_requested", now, "documents_missing", norm, today)
        if norm is None:
            return
        self.information_due = today + timedelta(days=norm.days)
        self.at(region.start_of(self.information_due + timedelta(days=1)), GiveUpWaiting(case_id=self.id))
        asked = tuple(dict.fromkeys(missing.any_of[0] for missing in screened.missing))
        self.tell(
            CaseInformationRequested(
                occurred_at=now, case_id=self.id, document_types=asked, due_date=self.information_due, language=self.language, party_id=self.party_id
            )
        )

    def _refer(self, screened: Screened, region: Region, now: datetime) -> None:
        assert screened.refer_to is not None
        to = screened.refer_to
        self.tell(
            CaseReferred(
                occurred_at=now,
                case_id=self.id,
                target_organisation=to.organisation,
                target_product=to.product,
                warm_transfer=to.warm_transfer,
                language=self.language,
                party_id=self.party_id,
            )
        )
        self.close("referred", "referred", screened.reasons, region, now)

    def _prepared(self, formality: Formality, region: Region, now: datetime) -> Formality:
        """What the catalogue says of a formality on the day of screening."""
        product = region.product(formality.product, region.local_day(now))
        return formality.model_copy(
            update={
                "desk": product.desk,
                "registers": product.registers,
                "ready": not any(missing.product == formality.product for missing in self.missing()),
                "awaiting_permit_of": self._awaited(formality, product),
            }
        )

    def _awaited(self, formality: Formality, product: Product) -> tuple[int, ...]:
        if product.awaits_permit_unless_held is None:
            return ()
        proofs = set(product.awaits_permit_unless_held)
        return tuple(person.number for person in self.persons if person.number in formality.persons and not proofs & set(person.documents))

    def _told_of_screening(self, screened: Screened, region: Region, now: datetime) -> CaseScreened:
        accepted = screened.outcome == "accepted"
        return CaseScreened(
            occurred_at=now,
            case_id=self.id,
            case_type=self.case_type,
            route=screened.route,
            outcome=screened.outcome,
            rule_version=screened.rule_version,
            reason_codes=screened.reasons,
            language=self.language,
            party_id=self.party_id,
            municipality_code=self.municipality_code,
            household_size=self.household_size,
            formalities=tuple(formality.wanted() for formality in self.formalities if accepted and formality.desk),
            not_before=now if self.not_before is None else max(now, region.start_of(self.not_before).astimezone(UTC)),
        )


def _years_after(day: date, years: int) -> date:
    """The same day in a later year; the day after where there is none (29 February)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
