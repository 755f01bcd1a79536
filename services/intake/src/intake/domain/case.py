"""A case: one household's request, from receipt to result."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field

from common.aggregate import Aggregate
from common.errors import Conflict, Rejected
from common.events.base import Code, Language, NationalityGroup
from common.events.case import (
    CaseClosed,
    CaseStatusChanged,
    Status,
)
from common.ids import derived
from intake.domain.messages import GiveUpWaiting
from intake.domain.progress import Formality, PermitDecision, VisitSeen, standing
from intake.domain.region import Norm, Region
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

    def household(self) -> tuple[UUID, ...]:
        """Every person of the household, by the id under which processing records know somebody."""
        return tuple(self.subject(person.number) for person in self.persons)

    def subjects(self) -> tuple[UUID, ...]:
        """Everybody of whom the case holds personal data: the household, and the party where how to reach it is known."""
        return tuple(dict.fromkeys((*((self.party_id,) if self.contact else ()), *self.household())))

    def subject(self, number: int) -> UUID:
        """A person of the household; the first is the party itself, unless it has a contact of its own."""
        first = self.persons[0]
        return self.party_id if number == first.number and first.contact is None else derived("person", self.party_id, number)

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
                reachable=self.contact is not None,
            )
        )

    def missing(self) -> tuple[Missing, ...]:
        """The documents that the last screening did not find."""
        return () if self.screened is None else self.screened.missing

    def move(
        self, to: Status, now: datetime, reason: Code | None = None, norm: Norm | None = None, clock_start: date | None = None
    ) -> Self:
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


def _years_after(day: date, years: int) -> date:
    """The same day in a later year; the day after where there is none (29 February)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
