"""Every fault of a submission as a place and a sentence that repeats nothing of what was sent."""

import re
from collections.abc import Callable, Iterator, Mapping

from pydantic import ValidationError

from common.problems import pointer
from intake.gateway.json_strictly import Path

_PLAIN_KEY = re.compile(r"(?!.*\d{5})[A-Za-z][A-Za-z0-9_]{0,39}")
_SENTENCES = {
    "missing": "is missing",
    "string_pattern_mismatch": "does not have the form that is wanted here",
    "uuid_parsing": "is not a UUID",
    "uuid_type": "is not a UUID",
    "date_from_datetime_parsing": "is not a date (YYYY-MM-DD)",
    "date_parsing": "is not a date (YYYY-MM-DD)",
    "datetime_from_date_parsing": "is not a date and time with its offset from UTC",
    "datetime_parsing": "is not a date and time with its offset from UTC",
    "timezone_aware": "has no offset from UTC",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "json_invalid": "is not JSON",
}
_OURS = frozenset(
    [
        "unlisted",
        "out_of_bounds",
        "literal_error",
        "string_too_long",
        "string_too_short",
        "too_long",
        "too_short",
        "greater_than_equal",
        "less_than_equal",
        "string_type",
        "int_type",
        "bool_type",
        "date_type",
        "datetime_type",
        "int_from_float",
    ]
)
"""Kinds whose message is made of our own bounds and words only."""

Fault = tuple[str, str]


def fault(path: Path, sentence: str) -> Fault:
    """A fault at a place; a key that may itself hold what must not be repeated is named by the place around it."""
    safe = [part for part in path if isinstance(part, int) or _PLAIN_KEY.fullmatch(part)]
    return pointer(safe if len(safe) == len(path) else path[: len(safe)]), sentence


def faults_of(error: ValidationError, at: Path) -> Iterator[Fault]:
    """What a model finds wrong, each fault under the place of the model."""
    all_found = error.errors(include_url=False, include_context=False, include_input=False)
    around = {found["loc"][:depth] for found in all_found for depth in range(len(found["loc"]))}
    for found in all_found:
        kind, path = found["type"], (*at, *found["loc"])
        if kind == "too_short" and found["loc"] in around:
            continue  # too short only because its items are wrong, and they are named themselves
        if kind == "extra_forbidden":
            yield fault(path, "is not known here")
        else:
            yield fault(path, _SENTENCES.get(kind) or (found["msg"] if kind in _OURS else "is not right"))


LOOKED_AT = 50
"""Formalities, and persons of one: more than the schema takes, and so few that tens of thousands cost no time."""


def crossing_faults(data: Mapping[str, object], products_of: Mapping[str, frozenset[str]], at: Path) -> Iterator[Fault]:
    """What is wrong between fields of a case; forgiving about their types, so that these faults come out together with all others."""
    numbers = [repr(person.get("number")) for person in _objects(data.get("persons"))]
    known = set(numbers)
    if len(known) != len(numbers):
        yield fault((*at, "persons"), "two persons have the same number")
    offered = products_of.get(str(data.get("caseType")))
    for place, formality in enumerate(_objects(data.get("formalities"))[:LOOKED_AT]):
        if offered is not None and str(formality.get("product")) not in offered:
            yield fault((*at, "formalities", place, "product"), "is not offered in this type of case")
        concerned = formality.get("persons")
        for which, number in enumerate(concerned[:LOOKED_AT] if isinstance(concerned, list) else ()):
            if repr(number) not in known:
                yield fault((*at, "formalities", place, "persons", which), "is not the number of a person of this case")


def crowding_faults(data: Mapping[str, object], largest: Callable[[frozenset[str]], int | None], at: Path) -> Iterator[Fault]:
    """Groups for which no day can be long enough, however far away."""
    people: dict[str, set[str]] = {}
    for formality in _objects(data.get("formalities"))[:LOOKED_AT]:
        concerned = formality.get("persons")
        people.setdefault(str(formality.get("product")), set()).update(
            map(repr, concerned[: LOOKED_AT + 1] if isinstance(concerned, list) else ())
        )
    most = largest(frozenset(people))
    if most is not None and any(len(numbers) > most for numbers in people.values()):
        yield fault(
            (*at, "formalities"), f"concerns more persons than one visit can help; for these products {most} at most: hand in several cases"
        )


def _objects(value: object) -> list[dict[str, object]]:
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
