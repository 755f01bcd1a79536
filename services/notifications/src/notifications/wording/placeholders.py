"""What templates may say about a message: its facts with names for codes and written dates for moments."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from common.events.base import Language
from common.events.visit import VisitItem
from notifications.domain import CancelledVisit, Closing, Facts, Information, Lost, PlannedVisit, Referral, Submission
from notifications.ports import NoWords
from notifications.wording.dates import listed, named_zone, written_day, written_time
from notifications.wording.region import Region

Placeholders = dict[str, object]


class AppointmentWords(NamedTuple):
    """One appointment, as templates and calendars name it."""

    starts: str
    ends: str
    products: str
    organisation: str
    people: int


class Speaker:
    """Names things in one language, by the rows that hold on one day."""

    def __init__(self, region: Region, language: Language, day: date) -> None:
        self._region, self.language, self._day = region, language, day
        self.locale = region.languages.locales[language]

    def say(self, facts: Facts) -> Placeholders:
        """The placeholders for the facts of a message; raises `NoWords`."""
        match facts:
            case Submission():
                return {"case_type": self._product(facts.case_type)}
            case Information():
                documents = [self._region.documents.on(code, self._day).name[self.language] for code in facts.document_types]
                return {"documents": documents, "due_date": written_day(facts.due_date, self.locale)}
            case Referral():
                return self._referral(facts)
            case Closing():
                return {"result": facts.result}
            case PlannedVisit() | CancelledVisit() | Lost():
                return self._visit(facts)

    def appointment(self, item: VisitItem, timezone: str) -> AppointmentWords:
        """An appointment in words."""
        return AppointmentWords(
            starts=written_time(item.starts_at, timezone, self.locale),
            ends=written_time(item.ends_at, timezone, self.locale),
            products=listed(tuple(self._product(code) for code in item.products), self.locale),
            organisation=self._desk(item),
            people=len(item.persons),
        )

    def place(self, location_id: str) -> str:
        """Name and address of a location; raises `NoWords`."""
        row = self._region.locations.on(location_id, self._day)
        return f"{row.name[self.language]}, {row.address[self.language]}"

    def _visit(self, visit: PlannedVisit | CancelledVisit | Lost) -> Placeholders:
        if isinstance(visit, Lost):
            raise NoWords("What the letter was about was lost.")
        return self._planned(visit) if isinstance(visit, PlannedVisit) else self._cancelled(visit)

    def _planned(self, visit: PlannedVisit) -> Placeholders:
        row = self._region.locations.on(visit.location_id, self._day)
        return {
            "place": row.name[self.language],
            "address": row.address[self.language],
            "day": written_day(visit.day, self.locale),
            "bring": self._bring(visit.items),
            **self._times(visit.items, visit.timezone),
        }

    def _cancelled(self, visit: CancelledVisit) -> Placeholders:
        place = self._region.locations.on(visit.location_id, self._day).name[self.language] if visit.location_id else ""
        day = written_day(visit.day, self.locale) if visit.day else ""
        return {"place": place, "day": day, "by": visit.by, "replanned": visit.replanned, **self._times(visit.items, visit.timezone)}

    def _times(self, items: tuple[VisitItem, ...], timezone: str) -> Placeholders:
        ordered = sorted(items, key=lambda item: item.starts_at)
        appointments = [self.appointment(item, timezone) for item in ordered]
        zone = named_zone(ordered[0].starts_at, timezone, self.locale) if ordered else ""
        return {"appointments": appointments, "starts": appointments[0].starts if appointments else "", "zone": zone}

    def _referral(self, referral: Referral) -> Placeholders:
        organisation = self._region.organisations.on(referral.target_organisation, self._day).name[self.language]
        return {"organisation": organisation, "product": self._product(referral.target_product), "warm_transfer": referral.warm_transfer}

    def _bring(self, items: Iterable[VisitItem]) -> list[str]:
        codes = dict.fromkeys(
            code for item in items for product in item.products for code in self._region.products.on(product, self._day).bring
        )
        return [self._region.documents.on(code, self._day).name[self.language] for code in codes]

    def _product(self, code: str) -> str:
        return self._region.products.on(code, self._day).name[self.language]

    def _desk(self, item: VisitItem) -> str:
        codes = dict.fromkeys(self._region.products.on(product, self._day).organisation for product in item.products)
        return listed(tuple(self._region.organisations.on(code, self._day).name[self.language] for code in codes), self.locale)
