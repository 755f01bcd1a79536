"""Made-up facts by which every template can be seen and tried, with the codes of the region itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from common.events.base import Language
from common.events.visit import VisitItem
from common.ids import derived
from notifications.domain import CancelledVisit, Closing, Facts, Information, Message, Order, PlannedVisit, Referral, Submission, Template
from notifications.wording.region import Region

NAME = "A. Example"
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def samples(region: Region, template: Template, language: Language) -> Iterator[Message]:
    """A message for each way in which a template can go."""
    for facts in _facts(region, template):
        order = Order(
            id=derived("sample", template.value),
            case_id=derived("sample case"),
            party_id=derived("sample party"),
            template=template,
            language=language,
            facts=facts,
        )
        yield Message.requested(order, language, region.policy, MORNING - timedelta(days=7))


def _facts(region: Region, template: Template) -> list[Facts]:
    product, organisation = region.products.codes()[0], region.organisations.codes()[0]
    visit = _visit(region)
    planned: list[Facts] = [visit, visit.model_copy(update={"items": visit.items[:1]})]
    ways: dict[Template, list[Facts]] = {
        Template.SUBMISSION_RECEIVED: [Submission(case_type=product)],
        Template.INFORMATION_NEEDED: [
            Information(document_types=tuple(region.documents.codes()[:2]), due_date=MORNING.date(), asked_at=MORNING)
        ],
        Template.CASE_REFERRED: [
            Referral(target_organisation=organisation, target_product=product, warm_transfer=warm) for warm in (True, False)
        ],
        Template.CASE_CLOSED: [
            Closing.model_validate({"result": result, "closed_at": MORNING})
            for result in ("completed", "rejected", "withdrawn", "referred", "answered")
        ],
        Template.VISIT_CONFIRMED: planned,
        Template.VISIT_REMINDER: planned,
        Template.VISIT_CANCELLED: _cancellations(visit),
    }
    return ways[template]


def _visit(region: Region) -> PlannedVisit:
    with_documents = [code for code in region.products.codes() if region.products.on(code, MORNING.date()).bring]
    items = tuple(
        VisitItem(
            appointment_id=derived("sample appointment", number),
            products=(code,),
            desk_id="sample.desk",
            starts_at=MORNING + timedelta(minutes=30 * number),
            ends_at=MORNING + timedelta(minutes=30 * number + 20),
            persons=tuple(range(1, number + 2)),
        )
        for number, code in enumerate((*with_documents, *region.products.codes())[:2])
    )
    return PlannedVisit(
        visit_id=derived("sample visit"),
        revision=1,
        location_id=region.locations.codes()[0],
        day=MORNING.date(),
        timezone="Europe/Amsterdam",
        items=items,
    )


def _cancellations(visit: PlannedVisit) -> list[Facts]:
    known = visit.model_dump(include={"visit_id", "revision", "location_id", "day", "timezone", "items"})
    unknown = {**known, "location_id": None, "day": None, "items": ()}
    return [
        CancelledVisit(**known, by="desk", replanned=True),
        CancelledVisit(**known, by="client", replanned=False),
        CancelledVisit(**unknown, by="system", replanned=False),
    ]
