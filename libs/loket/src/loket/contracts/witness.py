"""Finds a payload that one schema accepts and another refuses, by trying what both find worth mentioning."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker

from loket.contracts.examples import example_of

Schema = dict[str, Any]
Path = tuple[str | int, ...]

_ABSENT = object()
_SAMPLES: tuple[Any, ...] = (
    None,
    True,
    0,
    1,
    -1,
    0.5,
    "",
    "text",
    "2026-11-24",
    "2026-11-24T09:00:00Z",
    "0d2c1f7e-0000-5000-8000-000000000000",
    [],
    {},
    _ABSENT,
)
_LONGEST = 100_000


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS = FormatChecker(["uuid", "date"])
FORMATS.checks("date-time", raises=ValueError)(_is_moment)


class Witness(NamedTuple):
    """A payload, where it differs from the ordinary, and why it is refused."""

    payload: Any
    place: str
    reason: str


def witness(accepting: Schema, refusing: Schema) -> Witness | None:
    """The first payload found that a writer after `accepting` may write and a reader after `refusing` refuses; None when none was found."""
    good, other = _validator(_closed(accepting)), _validator(refusing)
    for payload in _candidates(accepting, refusing):
        if good.is_valid(payload):
            for error in other.iter_errors(payload):
                return Witness(payload, "/" + "/".join(str(part) for part in error.absolute_path), error.message)
    return None


def _validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FORMATS)


def _closed(schema: Any) -> Any:
    """The same schema for a writer: readers pass over fields they do not know, writers write none that are not theirs."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) and "type" in schema else closed


def _candidates(accepting: Schema, refusing: Schema) -> Iterator[Any]:
    """The example, then the example with one place changed at a time, to all that either schema gives a reason to try."""
    bases = [example_of(accepting), example_of(refusing)]
    yield from bases
    for base in bases:
        for path in _paths(base):
            for value in (*_worth_trying(accepting, path), *_worth_trying(refusing, path), *_SAMPLES):
                yield _changed(base, path, value)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a payload."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from _paths(part, (*path, name))


def _changed(base: Any, path: Path, value: Any) -> Any:
    changed = deepcopy(base)
    holder = changed
    for part in path[:-1]:
        holder = holder[part]
    if value is not _ABSENT:
        holder[path[-1]] = value
    else:
        del holder[path[-1]]
    return changed


def _worth_trying(root: Schema, path: Path) -> Iterator[Any]:
    """Values just inside and just outside of what a schema allows at a place."""
    for schema in _at(root, path):
        yield from schema.get("examples", ())
        yield from schema.get("enum", ())
        yield from (schema[name] for name in ("const", "default") if name in schema)
        for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if bound in schema:
                yield from (schema[bound], schema[bound] - 1, schema[bound] + 1)
        for length in (schema[name] for name in ("minLength", "maxLength") if name in schema):
            yield from ("x" * size for size in (length, length + 1, length - 1) if 0 <= size <= _LONGEST)
        yield from _lists(root, schema)


def _lists(root: Schema, schema: Schema) -> Iterator[list[Any]]:
    for size in (schema[name] for name in ("minItems", "maxItems") if name in schema):
        item = example_of({"$defs": root.get("$defs", {}), **schema.get("items", {"type": "string"})})
        yield from ([item] * wanted for wanted in (size, size + 1, size - 1) if 0 <= wanted <= _LONGEST)


def _at(root: Schema, path: Path) -> list[Schema]:
    """The schemas that may apply at a place."""
    found = _alternatives(root, root)
    for part in path:
        inner = [schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part) for schema in found]
        found = [one for schema in inner if schema is not None for one in _alternatives(root, schema)]
    return found


def _alternatives(root: Schema, schema: Schema) -> list[Schema]:
    if "$ref" in schema:
        return _alternatives(root, root["$defs"][schema["$ref"].rsplit("/", 1)[-1]])
    return [schema, *(one for part in schema.get("anyOf", ()) for one in _alternatives(root, part))]
