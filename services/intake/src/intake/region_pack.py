"""Reads intake's files of the region pack; whatever is wrong in them is said with the name of the file and the row."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ValidationError

from common.processing.register import Register
from common.terms import Bounds
from common.yaml_text import read_yaml
from intake.domain.decision_table import DecisionTable
from intake.domain.region import Catalogue, Codes, Group, Municipality, Norm, Partner, Region, Retention, Sponsor
from intake.domain.screening import FACTS
from intake.gateway.admission import PAYLOADS, QUESTION_ASKED

M = TypeVar("M", bound=BaseModel)
NEEDED_REASONS = frozenset({"documents_missing", "information_not_received", "permit_not_granted"})
BOUNDED_DAYS = ("arrives_on", "starts_on", "not_before", "occurred_at", "applied_on", "decided_on", "issued_on")
BOUNDED_NUMBERS = ("stay_months", "response_minutes", "persons_of_a_question")
RESULTS = ("completed", "rejected", "withdrawn", "referred", "answered")


class RegionPackWrong(Exception):
    """A file of the region pack cannot be used; the sentence says which, where and why."""


def read_region(folder: Path) -> Region:
    """The region pack of intake, checked."""
    region = Region(
        codes=_model(folder / "codes.yaml", Codes),
        catalogue=_model(folder / "products.yaml", Catalogue),
        municipalities=_rows(folder / "municipalities.yaml", "municipalities", Municipality),
        sponsors=_rows(folder / "sponsors.yaml", "sponsors", Sponsor),
        partners=_rows(folder / "partners.yaml", "partners", Partner),
        norms=_rows(folder / "norms.yaml", "norms", Norm),
        archive=_rows(folder / "archive.yaml", "archive", Retention),
        eligibility=_model(folder / "eligibility.yaml", DecisionTable),
        groups=_rows(folder / "groups.yaml", "groups", Group),
        bounds=_model(folder / "bounds.yaml", Bounds),
    )
    wrong = [
        *_wrong_codes(region),
        *_wrong_products(region),
        *_wrong_partners(region),
        *_wrong_eligibility(region),
        *_wrong_archive(region),
        *_wrong_norms(region),
        *_wrong_groups(region),
        *(
            f"bounds.yaml: no row without end is named {name}"
            for name in region.bounds.lacking(frozenset({*BOUNDED_DAYS, *BOUNDED_NUMBERS}))
        ),
    ]
    if wrong:
        raise RegionPackWrong(f"The region pack in {folder} contradicts itself: " + "; ".join(wrong) + ".")
    return region


def read_register(folder: Path) -> Register:
    """What intake does with personal data, in the words of the region."""
    return _model(folder / "processing.yaml", Register)


def _wrong_codes(region: Region) -> Iterator[str]:
    try:
        ZoneInfo(region.codes.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"codes.yaml: timezone {region.codes.timezone} is not known"


def _wrong_products(region: Region) -> Iterator[str]:
    products = {row.product for row in region.catalogue.products}
    for case_type in region.catalogue.case_types:
        if unknown := set(case_type.products) - products:
            yield f"products.yaml: case type {case_type.case_type} names unknown products {_list(unknown)}"
        if case_type.purpose is not None and case_type.purpose not in region.codes.purposes:
            yield f"products.yaml: case type {case_type.case_type} names the unknown purpose {case_type.purpose}"
    for product in region.catalogue.products:
        if unknown := {document for rule in product.documents for document in rule.any_of} - region.codes.document_types:
            yield f"products.yaml: product {product.product} asks for unknown documents {_list(unknown)}"


def _wrong_partners(region: Region) -> Iterator[str]:
    case_types = {row.case_type: row for row in region.catalogue.case_types}
    for partner in region.partners:
        if unknown := partner.case_types - set(case_types):
            yield f"partners.yaml: {partner.id} names unknown case types {_list(unknown)}"
        if unknown := partner.event_types - set(PAYLOADS):
            yield f"partners.yaml: {partner.id} names unknown event types {_list(unknown)}"
        if QUESTION_ASKED in partner.event_types and partner.municipality is None:
            yield f"partners.yaml: {partner.id} sends questions and needs the municipality of its counter"
    if len({partner.id for partner in region.partners}) != len(region.partners):
        yield "partners.yaml: two partners have the same id"


def _wrong_eligibility(region: Region) -> Iterator[str]:
    for row in region.eligibility.rows:
        if unknown := set(row.when) - FACTS:
            yield f"eligibility.yaml: rule {row.rule} asks about {_list(unknown)}; it may ask about {_list(FACTS)}"
        case_types = {case_type.case_type for case_type in region.catalogue.case_types}
        if unknown := set(row.when.get("case_type", ())) - case_types:
            yield f"eligibility.yaml: rule {row.rule} names unknown case types {_list(unknown)}"
        if unknown := set(row.when.get("purpose", ())) - region.codes.purposes:
            yield f"eligibility.yaml: rule {row.rule} names unknown purposes {_list(unknown)}"
    if unsaid := NEEDED_REASONS - set(region.eligibility.reasons):
        yield f"eligibility.yaml: words are missing for the reasons {_list(unsaid)}"


def _wrong_archive(region: Region) -> Iterator[str]:
    for result in RESULTS:
        if not any(row.result == result and not row.case_types and row.valid_to is None for row in region.archive):
            yield f"archive.yaml: no row without end holds for every case type with the result {result}"


def _wrong_norms(region: Region) -> Iterator[str]:
    for kind in ("bsn", "information", "permit"):
        if not any(row.kind == kind and row.valid_to is None for row in region.norms):
            yield f"norms.yaml: no row without end is of the kind {kind}"


def _wrong_groups(region: Region) -> Iterator[str]:
    at_desks = {row.product for row in region.catalogue.products if row.desk}
    for case_type in region.catalogue.case_types:
        wanted = at_desks & set(case_type.products)
        if wanted and not any(wanted <= row.products and row.valid_to is None for row in region.groups):
            yield f"groups.yaml: no row without end names every product of the case type {case_type.case_type}"


def _rows(file: Path, name: str, kind: type[M]) -> tuple[M, ...]:
    content = _load(file)
    rows = content.get(name)
    if set(content) != {name} or not isinstance(rows, list):
        raise RegionPackWrong(f"{file}: expected one list named {name}, and nothing else.")
    return tuple(_checked(file, kind, row, f"row {place}, ") for place, row in enumerate(rows, 1))


def _model(file: Path, kind: type[M]) -> M:
    return _checked(file, kind, _load(file), "")


def _checked(file: Path, kind: type[M], content: object, where: str) -> M:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        found = "; ".join(f"{where}{'.'.join(str(part) for part in one['loc']) or 'as a whole'}: {one['msg']}" for one in error.errors())
        raise RegionPackWrong(f"{file}: {found}.") from None


def _load(file: Path) -> Mapping[str, object]:
    try:
        content = read_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RegionPackWrong(f"{file} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise RegionPackWrong(f"{file} is not YAML: {error}.") from None
    if not isinstance(content, dict):
        raise RegionPackWrong(f"{file}: expected names with values.")
    return content


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
