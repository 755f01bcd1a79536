"""CloudEvents 1.0 over HTTP: structured, binary and batched; the envelope is checked by hand because it is looked at on every request."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

import orjson

from intake.gateway.faults import Fault, fault
from intake.gateway.json_strictly import Json, NotStrict, Path, parse, parse_items, text_of
from intake.gateway.refusal import Refused

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"

_VISIBLE = re.compile(r"[!-~]{1,128}")
_TYPE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_EXTENSION = re.compile(r"[a-z0-9]{1,20}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)")
_OPTIONAL = frozenset({"subject", "dataschema"})
_KNOWN = frozenset({"specversion", "id", "source", "type", "time", "datacontenttype", "data", "data_base64", *_OPTIONAL})
TEXT_MAX = 256
TYPE_MAX = 128


class Handed(NamedTuple):
    """One event as it came: attributes, data, the bytes that make a repeat the same (signed ones, so no headers), its place in the body."""

    attributes: Mapping[str, Json]
    data: Json
    raw_data: bytes
    raw: bytes
    searched: str
    at: Path
    data_at: Path


def take_apart(headers: Mapping[str, str], body: bytes, most: int) -> tuple[list[Handed], bool]:
    """The events of a request, and whether it is a batch."""
    kind, parameters = _media_type(headers.get("content-type", ""))
    if (
        kind not in {STRUCTURED, BATCH, BINARY}
        or parameters not in {"", "charset=utf-8"}
        or headers.get("content-encoding", "identity") != "identity"
    ):
        raise Refused(415, "media_type", f"Send {STRUCTURED}, {BATCH}, or {BINARY} with ce- headers; UTF-8, not compressed.")
    try:
        text = text_of(body)
        if kind == BATCH:
            items = parse_items(text, most)
            return [_structured(raw, value, (place,)) for place, (raw, value) in enumerate(items)], True
        value = parse(text)
        return [_structured(text, value, ()) if kind == STRUCTURED else _binary(headers, text, body, value)], False
    except NotStrict as broken:
        raise Refused(400, "not_strict_json", str(broken)) from None


def envelope_faults(handed: Handed) -> Iterator[Fault]:
    """What is wrong with the attributes of an event."""
    attributes, at = handed.attributes, handed.at
    for name in ("specversion", "id", "source", "type"):
        if name not in attributes:
            yield fault((*at, name), "is missing")
    for name, value in attributes.items():
        if sentence := _wrong(name, value):
            yield fault((*at, name), sentence)


def _wrong(name: str, value: Json) -> str | None:
    if name in _CHECKS:
        form, sentence = _CHECKS[name]
        return None if isinstance(value, str) and form.fullmatch(value) else sentence
    match name:
        case "type" | "source" | "subject" | "dataschema":
            most = TYPE_MAX if name == "type" else TEXT_MAX
            return None if isinstance(value, str) and 0 < len(value) <= most else f"must be a text of 1 to {most} characters"
        case "time":
            return None if isinstance(value, str) and _is_moment(value) else "must be a date and time with its offset from UTC (RFC 3339)"
        case "data_base64":
            return "data must be JSON here, not base64"
    if not _EXTENSION.fullmatch(name):
        return "is no name for a CloudEvents attribute"
    return None if isinstance(value, str | int) and len(str(value)) <= TEXT_MAX else "must be a short text or a whole number"


_CHECKS = {
    "specversion": (re.compile(r"1\.0"), 'must be "1.0"'),
    "id": (_VISIBLE, "must be 1 to 128 visible ASCII characters"),
    "datacontenttype": (re.compile(r"application/json(?:; ?charset=utf-8)?", re.IGNORECASE), "must be application/json"),
}


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _structured(text: str, value: Json, at: Path) -> Handed:
    if not isinstance(value, dict):
        raise NotStrict("An event is a JSON object.")
    attributes = {name: one for name, one in value.items() if name != "data"}
    data = value.get("data")
    return Handed(attributes, data, orjson.dumps(data), text.strip().encode(), _searched(text, value), at, (*at, "data"))


def _binary(headers: Mapping[str, str], text: str, body: bytes, value: Json) -> Handed:
    attributes: dict[str, Json] = {name[3:]: unquote(one) for name, one in sorted(headers.items()) if name.startswith("ce-")}
    told = "\n".join(f"{name}: {one}" for name, one in attributes.items())
    return Handed(attributes, value, body, body, f"{told}\n{_searched(text, value)}", (), ())


def _searched(text: str, value: Json) -> str:
    """The text in which a number is looked for, with escapes resolved: they may stand for digits."""
    return text if "\\u" not in text else orjson.dumps(value).decode()


def _media_type(header: str) -> tuple[str, str]:
    kind, _, parameters = header.partition(";")
    return kind.strip().lower(), parameters.strip().lower().replace('"', "")
