"""What the OpenAPI document says about the partner gateway."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from intake.domain.submission import CaseSubmitted, ContactMade, QuestionAsked
from intake.gateway.admission import CASE_SUBMITTED, CONTACT_REGISTERED, QUESTION_ASKED
from intake.gateway.envelope import BATCH, BINARY, STRUCTURED

EVENTS_TEXT = """\
Takes CloudEvents 1.0: structured, binary (attributes as `ce-` headers) or a batch of up to 100.

**Who sends.** The header `loket-partner` names the partner. Requests are signed as Standard Webhooks has it: `webhook-id`,
`webhook-timestamp` (whole seconds) and `webhook-signature`, which is `v1,` and base64 of HMAC-SHA256 over
`{webhook-id}.{webhook-timestamp}.{body}`; several, parted by blanks, while secrets are rotated. For a single event `webhook-id` is the
event's `id`, so that the signature binds it in binary mode too; for a batch it is any id. A signature is good for five minutes each way.
`source` is the one that was agreed with the partner. Instead of signing, a partner may bear an access token with the scope `events:write`
and its name as claim `partner`; a request with a token is judged by that alone.

**Order of checks.** Size (256 KiB), rate, signature or token, media type, JSON, envelope, data, permission. All faults are answered at
once, by JSON Pointer; of a batch either every event is right or none is taken. A number that passes the test of the citizen service
number (BSN) is refused wherever it stands.

**Again.** The same event with the same bytes gets the same answer; other bytes under the same source and id get 409 (in a batch: in its
place of the list).

**202** means stored, and it will be planned, told and counted. The address given in it answers how far the submission is.
"""

_RECEIPT = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "integer", "enum": [202, 409]},
        "id": {"type": "string", "format": "uuid"},
        "statusAddress": {"type": "string", "examples": ["/v1/submissions/5f0c1d9e-0000-5000-8000-000000000000"]},
        "detail": {"type": "string"},
    },
}
_TEXTS = {
    401: "Neither a token nor a signature that is right and fresh",
    403: "This partner may not send this",
    409: "Other bytes under the same source and id",
    413: "Too large",
    415: "Not a media type that is taken",
    429: "Too fast, or too many earlier submissions wait to be looked at; Retry-After says how long to wait",
}


def _inlined(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """A schema that stands by itself: OpenAPI resolves references from the top of its document."""
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {key: _inline_any(value, definitions) for key, value in schema.items()}


def _inline_any(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return _inlined(value, definitions)
    return [_inline_any(one, definitions) for one in value] if isinstance(value, list) else value


def _schemas() -> dict[str, Any]:
    kinds: dict[str, type[BaseModel]] = {CASE_SUBMITTED: CaseSubmitted, QUESTION_ASKED: QuestionAsked, CONTACT_REGISTERED: ContactMade}
    references, top = models_json_schema([(kind, "validation") for kind in kinds.values()], by_alias=True)
    return {type_: _inlined(references[(kind, "validation")], top["$defs"]) for type_, kind in kinds.items()}


def _event(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": type_,
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
            "source": {"type": "string", "minLength": 1, "maxLength": 256},
            "type": {"const": type_},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
    }


def _header(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string", "maxLength": 1024}}


SIGNED: list[dict[str, Any]] = [
    _header("loket-partner", "The partner's name with us; where there is no token."),
    _header("webhook-id", "What is signed together with the body."),
    _header("webhook-timestamp", "Seconds since 1970."),
    _header("webhook-signature", "Standard Webhooks signatures."),
]


def _openapi() -> dict[str, Any]:
    data = _schemas()
    events = [_event(type_, schema) for type_, schema in data.items()]
    return {
        "parameters": SIGNED,
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": {"oneOf": events}},
                BATCH: {"schema": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"oneOf": events}}},
                BINARY: {"schema": {"oneOf": list(data.values())}},
            },
        },
        "responses": {
            "202": {
                "description": "Stored",
                "content": {"application/json": {"schema": {"oneOf": [_RECEIPT, {"type": "array", "items": _RECEIPT}]}}},
            },
            **{str(status): {"description": text, "content": {"application/problem+json": {}}} for status, text in _TEXTS.items()},
        },
    }


EVENTS_OPENAPI = _openapi()
