"""What the region pack says to intake: codes, products, partners, sponsors, norms and archive terms, each with its dates."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from common.events.base import Code, MunicipalityCode, NationalityGroup
from common.terms import Bounds, Terms
from intake.domain.dated import Dated, R, in_force
from intake.domain.decision_table import DecisionTable

NormKind = Literal["bsn", "information", "permit"]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Codes(_Plain):
    """Lists of words; what is not listed is refused."""

    timezone: str
    purposes: frozenset[Code]
    channels: frozenset[Code]
    initiator_roles: frozenset[Code]
    document_types: frozenset[Code]
    services: frozenset[Code]
    themes: frozenset[Code]
    countries: frozenset[Code]
    withdrawal_reasons: frozenset[Code]


LISTED_IN = {
    **dict.fromkeys(Codes.model_fields, "intake/codes.yaml"),
    "case_types": "intake/products.yaml",
    "products": "intake/products.yaml",
    "municipalities": "intake/municipalities.yaml",
    "organisations": "intake/partners.yaml",
}
"""Where in the region pack each list stands."""


class DocumentRule(Dated):
    """One of `any_of` must be held, by each person concerned or once in the household; the first is the one asked for."""

    any_of: tuple[Code, ...] = Field(min_length=1)
    nationality: tuple[NationalityGroup, ...] = ("nl", "eu_eea_ch", "other")
    per: Literal["person", "household"] = "person"


class Product(Dated):
    """The smallest thing that a desk does."""

    product: Code
    organisation: Code
    desk: bool = Field(description="Whether somebody must come to a desk for it.")
    awaits_permit_unless_held: tuple[Code, ...] | None = Field(
        default=None,
        description="A permit decision is awaited after the desk, unless the person holds one of these; absent: none is awaited.",
    )
    registers: bool = Field(default=False, description="Whether it ends in a registration that leads to a citizen service number.")
    documents: tuple[DocumentRule, ...] = ()


class CaseType(Dated):
    """A kind of request and the products that may be asked for in it."""

    case_type: Code
    products: tuple[Code, ...] = ()
    purpose: Code | None = Field(default=None, description="The purpose of every case of this type, where partners do not name one.")


class Catalogue(_Plain):
    """The services on offer."""

    version: Code
    case_types: tuple[CaseType, ...]
    products: tuple[Product, ...]


class Group(Dated):
    """The largest group whose members can all have all of these products in one visit; with fewer products no smaller a group fits."""

    products: frozenset[Code] = Field(min_length=1)
    persons: int = Field(ge=1, le=1000)
    why: str


class Municipality(Dated):
    """A municipality that takes part."""

    code: MunicipalityCode
    name: str


class Sponsor(Dated):
    """An entry of the public register of recognised sponsors."""

    organisation: Code


class Rate(_Plain):
    """Events a partner may send: so many a second in the long run, so many at once."""

    per_second: float = Field(gt=0)
    burst: int = Field(ge=1)


class Partner(_Plain):
    """Who may send what."""

    id: Code
    source: str = Field(min_length=1, max_length=256, description="The CloudEvents source of its events.")
    event_types: frozenset[str]
    case_types: frozenset[Code] = frozenset()
    services: frozenset[Code] = Field(default=frozenset(), description="At whose desk the questions and contacts were that it tells of.")
    organisations: tuple[Code, ...] = Field(default=(), description="Whom it may act for; the first where it names none.")
    municipality: MunicipalityCode | None = Field(default=None, description="Where its counter stands, for clients who live abroad.")
    rate: Rate | None = None


class Norm(Dated):
    """A term: so many days after its clock starts."""

    norm: Code
    kind: NormKind
    days: int = Field(ge=1, le=3660)
    clock: Literal["application", "registration", "request"]


class Retention(Dated):
    """What the archive does with a case of some result, and when."""

    result: Literal["completed", "rejected", "withdrawn", "referred", "answered"]
    case_types: tuple[Code, ...] = ()
    nomination: Literal["destroy", "keep"]
    years: int | None = Field(default=None, ge=1, le=100)


@dataclass(frozen=True)
class Region:
    """The whole pack; every question takes the day it is asked about."""

    codes: Codes
    catalogue: Catalogue
    municipalities: tuple[Municipality, ...]
    sponsors: tuple[Sponsor, ...]
    partners: tuple[Partner, ...]
    norms: tuple[Norm, ...]
    archive: tuple[Retention, ...]
    eligibility: DecisionTable
    groups: tuple[Group, ...]
    bounds: Bounds

    def local_day(self, moment: datetime) -> date:
        """The day it is at the desks."""
        return moment.astimezone(ZoneInfo(self.codes.timezone)).date()

    def start_of(self, day: date) -> datetime:
        """The moment a day begins at the desks."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.codes.timezone))

    def terms(self, day: date) -> Terms:
        """What may be handed in on a day."""
        return Terms(self._lists(day), self.bounds.on(day), LISTED_IN)

    def largest_group(self, products: AbstractSet[str], day: date) -> int | None:
        """How many persons at most can have these products in one visit; None where nothing is said."""
        return max((row.persons for row in in_force(self.groups, day) if products <= row.products), default=None)

    def _lists(self, day: date) -> Mapping[str, frozenset[str]]:
        return {
            "organisations": frozenset(code for partner in self.partners for code in partner.organisations),
            "case_types": frozenset(row.case_type for row in in_force(self.catalogue.case_types, day)),
            "products": frozenset(row.product for row in in_force(self.catalogue.products, day)),
            "municipalities": frozenset(row.code for row in in_force(self.municipalities, day)),
            "purposes": self.codes.purposes,
            "channels": self.codes.channels,
            "initiator_roles": self.codes.initiator_roles,
            "document_types": self.codes.document_types,
            "services": self.codes.services,
            "themes": self.codes.themes,
            "countries": self.codes.countries,
            "withdrawal_reasons": self.codes.withdrawal_reasons,
        }

    def case_type(self, code: str, day: date) -> CaseType:
        """The case type of this code on that day, or as last known."""
        return _effective(self._case_types[code], day)

    def product(self, code: str, day: date) -> Product:
        """The product of this code on that day, or as last known."""
        return _effective(self._products[code], day)

    @cached_property
    def _case_types(self) -> Mapping[str, Sequence[CaseType]]:
        return {
            row.case_type: [other for other in self.catalogue.case_types if other.case_type == row.case_type]
            for row in self.catalogue.case_types
        }

    @cached_property
    def _products(self) -> Mapping[str, Sequence[Product]]:
        return {
            row.product: [other for other in self.catalogue.products if other.product == row.product] for row in self.catalogue.products
        }

    def sponsor_status(self, organisation: str | None, day: date) -> Literal["recognised", "not_in_register", "none"]:
        """What the register says of an organisation on a day."""
        if organisation is None:
            return "none"
        listed = any(row.organisation == organisation for row in in_force(self.sponsors, day))
        return "recognised" if listed else "not_in_register"

    def norm(self, kind: NormKind, day: date) -> Norm | None:
        """The norm of a kind that holds on a day."""
        return next(in_force([row for row in self.norms if row.kind == kind], day), None)

    def retention(self, case_type: str, result: str, day: date) -> Retention:
        """The archive rule for a result: the first row that names the case type, or none at all."""
        return next(row for row in in_force(self.archive, day) if row.result == result and case_type in (row.case_types or (case_type,)))


def _effective(rows: Sequence[R], day: date) -> R:
    return next(in_force(rows, day), rows[-1])
