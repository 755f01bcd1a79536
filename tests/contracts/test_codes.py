"""Every code that comes in or goes out is of a list: of the region pack, or of the code."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from offline_services import MODULES, NOW, service

from common.aggregate import Aggregate
from common.errors import Rejected
from common.events.catalogue import EVENTS
from common.events.codes import LIST_OF, _fields, is_code, models_in
from common.events.lane import IntakeParked
from common.http import Body
from common.ids import derived
from intake.domain.submission import CaseSubmitted, ContactMade, QuestionAsked
from intake.region_pack import read_region
from scheduling.region import Region

PACK = Path(__file__).parents[2] / "regions" / "south-limburg"


def fields(model: Any) -> set[str]:
    """The names of the fields of a model, and of the models in it, that hold codes."""
    own = {name for name, coded in _fields(model) if coded}
    return own.union(*(fields(inner) for field in model.model_fields.values() for inner in models_in(field.annotation)))


def test_every_code_of_every_event_is_of_a_list_that_is_there() -> None:
    assert {name for event in EVENTS.values() for name in fields(event)} == set(LIST_OF)
    for places in LIST_OF.values():
        assert all((PACK / place).exists() if "/" in place else find_spec(place) for place in places), places


def unlisted(name: str, annotation: Any, metadata: Any) -> list[str]:
    """A code of a request that is neither held to a list nor answered with 404, by its name."""
    if not is_code(annotation, list(metadata)):
        return []
    return [] if any(word in f"{annotation}{metadata}" for word in ("Listed(", "Of(")) else [name]


def bodies(model: Any, path: str) -> list[str]:
    own = [one for name, field in model.model_fields.items() for one in unlisted(f"{path} {name}", field.annotation, field.metadata)]
    return own + [one for field in model.model_fields.values() for inner in models_in(field.annotation) for one in bodies(inner, path)]


def taken() -> Iterator[tuple[str, Any, list[Any]]]:
    """Every field that a partner or somebody of the staff may fill, in path, query and body, with its type."""
    for name in MODULES:
        for context in iter_route_contexts(service(name).app.routes):
            route = context.original_route
            if not isinstance(route, APIRoute):
                continue
            given = route.dependant
            for one in (*given.path_params, *given.query_params, *given.body_params):
                yield f"{name} {route.path} {one.name}", one.field_info.annotation, list(one.field_info.metadata)
    for model in (CaseSubmitted, QuestionAsked, ContactMade):
        yield f"gate {model.__name__}", model, []


def test_every_code_of_every_route_is_held_to_a_list() -> None:
    given = list(taken())
    found = [one for name, annotation, metadata in given for one in unlisted(name, annotation, metadata)]
    found += [one for name, annotation, _ in given for model in models_in(annotation) for one in bodies(model, name)]

    assert len(given) > 60
    assert found == []


def test_a_code_without_a_list_is_noticed() -> None:
    from common.events.base import Code

    class Loose(Body):
        reason_code: Code
        more: tuple[Code, ...] = ()

    assert bodies(Loose, "/v1/loose") == ["/v1/loose reason_code", "/v1/loose more"]


def held_to(model: Any) -> Iterator[str]:
    """The lists and bounds that the fields of a model are held to."""
    for field in model.model_fields.values():
        yield from re.findall(r"(?:Listed|Within)\(name='(\w+)'\)", f"{field.annotation}{field.metadata}")
        for inner in models_in(field.annotation):
            yield from held_to(inner)


def test_every_list_and_bound_that_a_route_names_is_in_the_region_pack() -> None:
    intake_terms, staff_terms = read_region(PACK / "intake").terms(NOW.date()), Region.read(PACK / "scheduling").terms_at(NOW)
    for taker, terms in (("intake", intake_terms), ("gate", intake_terms), ("scheduling", staff_terms)):
        found = {one for name, kind, _ in taken() if name.startswith(taker) for model in models_in(kind) for one in held_to(model)}
        assert len(found) >= 4
        assert found <= {*terms.lists, *terms.bounds}
        assert set(terms.lists) <= set(terms.where)


@pytest.mark.parametrize("code", ["Jan.Jansen-0612345678", "x1234567", "111.222.333", "1-2-3-4-5-6-7-8-9"])
def test_no_code_that_looks_like_a_number_is_told(code: str) -> None:
    told = IntakeParked.model_construct(error=code)

    with pytest.raises(Rejected) as refused:
        Aggregate(id=derived("x")).tell(told)

    assert code not in str(refused.value)
