"""What follows for a case from its screening: accepted, asked for documents, referred, rejected or answered."""

from datetime import UTC, datetime, timedelta

from common.events.case import CaseInformationRequested, CaseReferred, CaseScreened, SponsorStatus
from intake.domain.case import Case
from intake.domain.messages import GiveUpWaiting
from intake.domain.progress import Formality
from intake.domain.region import Product, Region
from intake.domain.screening import Screened

SPONSOR: dict[str, SponsorStatus] = {"recognised": "recognised", "not_in_register": "not_recognised", "none": "unknown"}
"""What others hear of an organisation's place in the register; where no organisation is named, nothing is known."""


def take_screening(case: Case, screened: Screened, region: Region, now: datetime) -> Case:
    """Go the way that the rules have said."""
    case.screened = screened
    case.formalities = tuple(_prepared(case, formality, region, now) for formality in case.formalities)
    if case.status != "screening":
        case.move("screening", now)
    case.tell(_told_of_screening(case, screened, region, now))
    match screened.outcome:
        case "accepted":
            _accept(case, region, now)
        case "information_requested":
            _request_information(case, screened, region, now)
        case "referred":
            _refer(case, screened, region, now)
        case "rejected" | "answered" as result:
            case.close("rejected" if result == "rejected" else "completed", result, screened.reasons, region, now)
    return case


def _accept(case: Case, region: Region, now: datetime) -> None:
    received = region.local_day(case.received_at)
    registers = any(formality.registers for formality in case.formalities)
    norm = region.norm("bsn", received) if registers else None
    case.move("accepted", now, None, norm, received if norm is not None and norm.clock == "application" else None)


def _request_information(case: Case, screened: Screened, region: Region, now: datetime) -> None:
    today = region.local_day(now)
    norm = region.norm("information", today)
    assert norm is not None  # a region pack without one is not read
    case.move("information_requested", now, "documents_missing", norm, today)
    case.information_due = today + timedelta(days=norm.days)
    case.at(region.start_of(case.information_due + timedelta(days=1)), GiveUpWaiting(case_id=case.id))
    asked = tuple(dict.fromkeys(missing.any_of[0] for missing in screened.missing))
    case.tell(
        CaseInformationRequested(
            occurred_at=now,
            case_id=case.id,
            document_types=asked,
            due_date=case.information_due,
            language=case.language,
            party_id=case.party_id,
        )
    )


def _refer(case: Case, screened: Screened, region: Region, now: datetime) -> None:
    assert screened.refer_to is not None
    to = screened.refer_to
    case.tell(
        CaseReferred(
            occurred_at=now,
            case_id=case.id,
            target_organisation=to.organisation,
            target_product=to.product,
            warm_transfer=to.warm_transfer,
            language=case.language,
            party_id=case.party_id,
        )
    )
    case.close("referred", "referred", screened.reasons, region, now)


def _prepared(case: Case, formality: Formality, region: Region, now: datetime) -> Formality:
    """What the catalogue says of a formality on the day of screening."""
    product = region.product(formality.product, region.local_day(now))
    return formality.model_copy(
        update={
            "desk": product.desk,
            "registers": product.registers,
            "ready": not any(missing.product == formality.product for missing in case.missing()),
            "awaiting_permit_of": _awaited(case, formality, product),
        }
    )


def _awaited(case: Case, formality: Formality, product: Product) -> tuple[int, ...]:
    if product.awaits_permit_unless_held is None:
        return ()
    proofs = set(product.awaits_permit_unless_held)
    return tuple(person.number for person in case.persons if person.number in formality.persons and not proofs & set(person.documents))


def _told_of_screening(case: Case, screened: Screened, region: Region, now: datetime) -> CaseScreened:
    accepted = screened.outcome == "accepted"
    return CaseScreened(
        occurred_at=now,
        case_id=case.id,
        case_type=case.case_type,
        route=screened.route,
        outcome=screened.outcome,
        rule_version=screened.rule_version,
        reason_codes=screened.reasons,
        language=case.language,
        party_id=case.party_id,
        municipality_code=case.municipality_code,
        household_size=case.household_size,
        formalities=tuple(formality.wanted() for formality in case.formalities if accepted and formality.desk),
        sponsor_status=SPONSOR[region.sponsor_status(case.organisation_id, region.local_day(case.received_at))],
        not_before=now if case.not_before is None else max(now, region.start_of(case.not_before).astimezone(UTC)),
    )
