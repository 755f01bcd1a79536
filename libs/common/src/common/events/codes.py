"""The lists that the codes of events are of, and the last defence: no code that is told looks like a number of a person."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from common.errors import Rejected
from common.events.base import Coded, Event

LIST_OF: dict[str, tuple[str, ...]] = {
    "booked_by": ("scheduling.domain.visit",),
    "case_type": ("intake/products.yaml",),
    "catalogue_version": ("intake/products.yaml",),
    "channel": ("intake/codes.yaml",),
    "country_of_residence": ("intake/codes.yaml",),
    "country_pair": ("intake/codes.yaml",),
    "definition_version": ("reporting.definitions",),
    "desk_id": ("scheduling/desks.yaml",),
    "document_types": ("intake/codes.yaml",),
    "error": ("common.lanes",),
    "indicator": ("reporting.definitions",),
    "initiator_role": ("intake/codes.yaml",),
    "location_id": ("scheduling/locations.yaml",),
    "norm_id": ("intake/norms.yaml",),
    "organisation_id": ("intake/partners.yaml",),
    "outcome": ("scheduling/policy.yaml",),
    "partner_id": ("intake/partners.yaml",),
    "policy_version": ("scheduling/policy.yaml",),
    "product": ("intake/products.yaml", "scheduling/products.yaml"),
    "products": ("scheduling/products.yaml",),
    "purpose": ("intake/codes.yaml", "intake/products.yaml"),
    "reason_code": (
        *("intake/codes.yaml", "intake/eligibility.yaml", "scheduling/codes.yaml", "scheduling/closures.yaml"),
        *("intake.domain", "scheduling.domain", "scheduling.diary", "notifications.domain", "notifications.channels"),
    ),
    "reason_codes": ("intake/eligibility.yaml", "intake/codes.yaml", "intake.domain"),
    "recorded_by": ("scheduling/codes.yaml",),
    "rule_version": ("intake/eligibility.yaml",),
    "service": ("intake/codes.yaml",),
    "start_event": ("intake.domain.records",),
    "target_organisation": ("intake/eligibility.yaml",),
    "target_product": ("intake/eligibility.yaml",),
    "template_key": ("notifications.domain",),
    "template_version": ("notifications/templates",),
    "theme": ("intake/codes.yaml",),
    "themes": ("intake/codes.yaml",),
    "unit": ("reporting.definitions",),
}
"""By the name of a field: the files of the region pack, or the modules, in which every code that it may hold is listed."""
_NUMBER = re.compile(r"[0-9]{7}|^(?:[0-9][_.-]*){9,}$")
_MOST_KNOWN = 10_000
_known: set[str] = set()


def refuse_numbers(event: Event) -> None:
    """Raise `Rejected` where a code has seven digits in a row, or nine and no letter: it may be somebody's number."""
    for name, code in codes_of(event):
        if code not in _known:
            if _NUMBER.search(code):
                raise Rejected(f"The code in {name} of {event.topic} looks like a number, and is not told.")
            if len(_known) < _MOST_KNOWN:
                _known.add(code)


def codes_of(value: BaseModel) -> Iterator[tuple[str, str]]:
    """Every code in a message, with the name of its field."""
    for name, is_code in _fields(type(value)):
        held = getattr(value, name)
        for one in held if isinstance(held, tuple) else (held,):
            if isinstance(one, BaseModel):
                yield from codes_of(one)
            elif is_code and one is not None:
                yield name, one


@cache
def _fields(kind: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """The fields that hold codes, or something that does."""
    found = ((name, is_code(field.annotation, field.metadata), field.annotation) for name, field in kind.model_fields.items())
    return tuple((name, coded) for name, coded, held in found if coded or any(_fields(one) for one in models_in(held)))


def is_code(annotation: Any, metadata: list[Any]) -> bool:
    """Whether a field holds a code, or several."""
    if any(isinstance(one, Coded) for one in metadata):
        return True
    inner, more = get_args(annotation), []
    if get_origin(annotation) is Annotated:
        inner, more = inner[:1], list(inner[1:])
    return any(is_code(one, more) for one in inner)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model of which a field may hold instances."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from models_in(one)
