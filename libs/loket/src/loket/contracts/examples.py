"""An example of every event, made of the examples of its fields: always the same, and always valid."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import TypeAdapter

from common.events.base import Event

_WORDS: dict[str, Any] = {
    "archiveActionDate": "2031-12-01",
    "bookedBy": "planner",
    "caseType": "settle_household",
    "catalogueVersion": "2026-10",
    "channel": "portal",
    "clockStart": "2026-11-02",
    "completedAt": "2026-11-24T09:15:00Z",
    "countryOfResidence": "DE",
    "countryPair": "NL-DE",
    "definitionVersion": "1",
    "deskId": "desk_1",
    "documentTypes": "passport",
    "dueDate": "2026-12-01",
    "endsAt": "2026-11-24T09:20:00Z",
    "error": "LookupError",
    "expiresAt": "2026-11-25T09:00:00Z",
    "formalityId": str(uuid5(NAMESPACE_URL, "loket/formalityId")),
    "followUpNeeded": False,
    "fromStatus": "screening",
    "indicator": "K16",
    "initiatorRole": "employer",
    "late": False,
    "localeFallback": False,
    "locationId": "city_hall",
    "normId": "first_answer",
    "organisationId": "employer_1",
    "outcome": "done",
    "partnerId": "partner_1",
    "periodFrom": "2026-11-01",
    "periodTo": "2026-12-01",
    "policyVersion": "2026-10",
    "purpose": "work",
    "reasonCode": "client_request",
    "reasonCodes": "complete",
    "recordedBy": "desk",
    "replanned": False,
    "requestedAt": "2026-11-20T13:30:00Z",
    "retryAt": "2026-11-30T06:00:00Z",
    "ruleVersion": "2026-10",
    "service": "information_point",
    "startEvent": "visit",
    "targetOrganisation": "tax_office",
    "targetProduct": "income_tax",
    "templateKey": "visit_confirmed",
    "templateVersion": "1",
    "theme": "social_security",
    "themes": "social_security",
    "toStatus": "accepted",
    "unit": "share",
}
"""Words that say more than the example of a field's type; one that its schema does not allow is passed over."""

_PLAIN: dict[str, Any] = {"boolean": True, "integer": 1, "number": 1.5, "null": None, "string": "text"}
_DAY = "2026-11-24"


def example(event: type[Event]) -> dict[str, Any]:
    """An example as the publisher would send it."""
    adapter = TypeAdapter(event)
    value = example_of(adapter.json_schema(by_alias=True))
    dumped: dict[str, Any] = adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True)
    return dumped


def example_of(schema: dict[str, Any]) -> Any:
    """A value that a schema allows."""
    return _value(schema, "", schema.get("$defs", {}))


def _value(schema: dict[str, Any], name: str, definitions: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rsplit("/", 1)[-1]], name, definitions)
    if "anyOf" in schema and "examples" not in schema:
        return _value(schema["anyOf"][0], name, definitions)
    match schema.get("type"):
        case "object":
            return {field: _value(part, field, definitions) for field, part in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema.get("items", {"type": "string"}), name, definitions)]
        case _:
            return _single(schema, name)


def _single(schema: dict[str, Any], name: str) -> Any:
    word = _WORDS.get(name)
    if word is not None and _allows(schema, word):
        return word
    if "const" in schema:
        return schema["const"]
    for known in (schema.get("examples"), schema.get("enum")):
        if known:
            return known[0]
    return _by_format(schema, name)


def _by_format(schema: dict[str, Any], name: str) -> Any:
    match schema.get("format"):
        case "uuid":
            return str(uuid5(NAMESPACE_URL, f"loket/{name}"))
        case "date":
            return _DAY
        case "date-time":
            return f"{_DAY}T09:00:00Z"
        case _:
            return schema.get("default") or schema.get("minimum") or _PLAIN[schema.get("type", "string")]


def _allows(schema: dict[str, Any], word: Any) -> bool:
    return not ("enum" in schema and word not in schema["enum"]) and "const" not in schema
