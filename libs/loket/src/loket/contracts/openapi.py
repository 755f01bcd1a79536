"""The OpenAPI document of each service, after the NL API Design Rules: what FastAPI says, put right where it is silent or wrong."""

from collections.abc import Iterator
from typing import Any

from common.problems import MEDIA_TYPE
from common.web import VERSION
from loket.contracts.services import Described

_METHODS = ("get", "post", "put", "patch", "delete")
_GONE = ("HTTPValidationError", "ValidationError")
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; every fault at once, none with the input that was given.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer into the body, else the place."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_VERSION = "API-Version"
_VERSION_HEADER = {"description": "The version of the API that answered.", "schema": {"type": "string", "examples": [VERSION]}}


def openapi(service: Described) -> dict[str, Any]:
    """The document, ready to be written."""
    running = service.offline()
    document: dict[str, Any] = running.app.openapi()
    for operation in _each(document):
        _put_right(operation)
    document["servers"] = [_server(service.name)]
    _components(document)
    return _ordered(document)


def _each(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        for method in _METHODS:
            if method in item:
                yield item[method]


def _put_right(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for code, response in responses.items():
        response["headers"] = {**response.get("headers", {}), _VERSION: {"$ref": f"#/components/headers/{_VERSION}"}}
        if code >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(responses.items()))


def _server(name: str) -> dict[str, Any]:
    host = {"default": f"{name}.loket.example.org", "description": "Where the organisation runs it."}
    return {"url": "https://{host}", "description": "Production", "variables": {"host": host}}


def _components(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _GONE:
        schemas.pop(name, None)
    components["schemas"] = dict(sorted({**schemas, "Problem": _PROBLEM}.items()))
    components["headers"] = {_VERSION: _VERSION_HEADER}


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    head = ("openapi", "info", "servers", "tags", "paths", "components")
    return {**{key: document[key] for key in head if key in document}, **{key: value for key, value in document.items() if key not in head}}
