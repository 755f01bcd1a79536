"""Screening: the facts of a case on a day, the decision that follows, and the documents that are still missing."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from common.events.base import Code, NationalityGroup
from common.events.case import Route
from intake.domain.dated import in_force
from intake.domain.decision_table import Facts, Outcome, Referral
from intake.domain.region import DocumentRule, Region
from intake.domain.submission import Person

FACTS = frozenset({"case_type", "purpose", "municipality", "nationality", "household", "sponsor", "stay"})
"""What a row of the eligibility table may ask about."""
LONGEST_VISIT_MONTHS = 4
"""Who stays longer than four months is to be registered as a resident; a shorter stay is for the register of non-residents."""


class Missing(BaseModel):
    """One of these documents is wanted from a person, or from anybody of the household."""

    model_config = ConfigDict(frozen=True)

    product: Code
    person: int | None
    any_of: tuple[Code, ...]


class Screened(BaseModel):
    """What was decided about a case, by which rule, and why."""

    model_config = ConfigDict(frozen=True)

    rule_version: Code
    rule: Code
    route: Route
    outcome: Outcome
    reasons: tuple[Code, ...]
    refer_to: Referral | None = None
    missing: tuple[Missing, ...] = ()


class Asked(BaseModel):
    """What screening looks at."""

    model_config = ConfigDict(frozen=True)

    case_type: Code
    purpose: Code
    municipality_code: Code
    organisation_id: Code | None
    stay_months: int | None
    persons: tuple[Person, ...]
    nationality: NationalityGroup
    wanted: tuple[tuple[Code, tuple[int, ...]], ...]
    """Products with the numbers of the persons they concern."""


def facts_of(asked: Asked, region: Region, day: date) -> Facts:
    """What the eligibility table may ask about, each as one word."""
    groups = {person.nationality_group for person in asked.persons} or {asked.nationality}
    participating = any(row.code == asked.municipality_code for row in in_force(region.municipalities, day))
    return {
        "case_type": asked.case_type,
        "purpose": asked.purpose,
        "municipality": "participating" if participating else "elsewhere",
        "nationality": asked.nationality,
        "household": "with_others" if "other" in groups else "eu_only",
        "sponsor": region.sponsor_status(asked.organisation_id, day),
        "stay": "unknown" if asked.stay_months is None else "short" if asked.stay_months <= LONGEST_VISIT_MONTHS else "long",
    }


def screen(asked: Asked, region: Region, day: date) -> Screened:
    """Decide; an accepted case with documents missing waits for them."""
    row = region.eligibility.decide(facts_of(asked, region, day), day)
    missing = tuple(_missing(asked, region, day)) if row.outcome == "accepted" else ()
    return Screened(
        rule_version=region.eligibility.version,
        rule=row.rule,
        route=row.route,
        outcome="information_requested" if missing else row.outcome,
        reasons=("documents_missing",) if missing else row.reasons,
        refer_to=row.refer_to,
        missing=missing,
    )


def _missing(asked: Asked, region: Region, day: date) -> Iterable[Missing]:
    for product, numbers in asked.wanted:
        persons = [person for person in asked.persons if person.number in numbers]
        for rule in in_force(region.product(product, day).documents, day):
            for person in _without(rule, persons, asked.persons):
                yield Missing(product=product, person=person, any_of=rule.any_of)


def _without(rule: DocumentRule, concerned: Iterable[Person], household: Iterable[Person]) -> list[int | None]:
    """Who lacks what a rule asks for; None stands for the household as a whole."""
    bound = [person for person in concerned if person.nationality_group in rule.nationality]
    wanted = set(rule.any_of)
    if rule.per == "household":
        return [None] if bound and not any(wanted & set(person.documents) for person in household) else []
    return [person.number for person in bound if not wanted & set(person.documents)]
