"""JSON as RFC 8259 and I-JSON have it: no byte order mark, no key twice, no NaN, bounded in depth, keys and numbers, no broken text."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

Json = object
Path = tuple[str | int, ...]

DEEPEST = 32
MOST_KEYS = 1_000
LARGEST = 2**53
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BETWEEN = re.compile(r"[ \t\r\n]*")


class NotStrict(Exception):
    """The text is not JSON as we take it; says why, without repeating any of it."""


def text_of(body: bytes) -> str:
    """The text of a body, shallow enough to be parsed."""
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotStrict("The body begins with a byte order mark.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrict("The body is not UTF-8.") from None
    _refuse_deep(text)
    return text


def parse(text: str) -> Json:
    """The value that a text holds, and nothing beside it."""
    value, end = _scan(text, _skip(text, 0))
    if _skip(text, end) != len(text):
        raise NotStrict("The body is not JSON: something follows its end.")
    return value


def parse_items(text: str, most: int) -> list[tuple[str, Json]]:
    """The items of an array, one at least, each with its own text; keys are counted per item."""
    items: list[tuple[str, Json]] = []
    at, sign = _next_sign(text, 0)
    if sign != "[":
        raise NotStrict("A batch is a JSON array.")
    while sign != "]":
        if len(items) == most:
            raise NotStrict(f"A batch has {most} events at most.")
        start = _skip(text, at)
        value, end = _scan(text, start)
        items.append((text[start:end], value))
        at, sign = _next_sign(text, end)
        if sign not in {",", "]"}:
            raise NotStrict("The body is not JSON.")
    if _skip(text, at) != len(text):
        raise NotStrict("The body is not JSON: something follows its end.")
    return items


def strings(value: Json, path: Path = ()) -> Iterator[tuple[Path, str | int | float]]:
    """Every string and number, with its place; a key stands at the place of its object, since it may hold what must not be repeated."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, key
            yield from strings(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from strings(inner, (*path, place))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def _skip(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return at if found is None else found.end()


def _next_sign(text: str, at: int) -> tuple[int, str]:
    """The next sign that is not blank, and where the text goes on after it."""
    at = _skip(text, at)
    return at + 1, text[at : at + 1]


def _scan(text: str, at: int) -> tuple[Json, int]:
    keys = 0

    def once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal keys
        keys += len(pairs)
        if keys > MOST_KEYS:
            raise NotStrict(f"An event has {MOST_KEYS} keys at most.")
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise NotStrict("A key stands twice in one object.")
        return fields

    decoder = json.JSONDecoder(object_pairs_hook=once_each, parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant)
    try:
        value, end = decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise NotStrict("The body is not JSON.") from None
    if "\\u" in text:
        _refuse_broken_text(value)
    return value, end


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:  # noqa: PLR2004 - a sign and the digits of 2^53
        raise NotStrict("A whole number is beyond 2^53.")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise NotStrict("A number is too large.")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise NotStrict("NaN and Infinity are not JSON.")


def _refuse_deep(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for sign in _STRING.sub("", text):
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise NotStrict(f"The body is nested more than {DEEPEST} deep.")
        elif sign in "]}":
            depth -= 1


def _refuse_broken_text(value: Json) -> None:
    """NUL and lone surrogates can only come as escapes: the raw ones are no JSON and no UTF-8."""
    for _, piece in strings(value):
        if isinstance(piece, str) and any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in piece):
            raise NotStrict("A text holds NUL or half a character.")
