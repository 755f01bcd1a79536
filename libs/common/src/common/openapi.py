"""What a service says of its own HTTP side: FastAPI's OpenAPI document, put right where it is silent or wrong."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from common.problems import MEDIA_TYPE

VERSION = "1.0.0"
REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"description": text}
    for code, text in (
        (400, "Every fault, by JSON Pointer"),
        (401, "No token, or not one that is taken"),
        (403, "The token lacks the scope"),
        (503, "Try again later"),
    )
}
"""How every operation may refuse."""
_NO_SUCH = {"description": "There is no such thing, or it is beyond the reach of the token"}
_AGAINST = {"description": "Against the present state"}
_TOO_LARGE = {"description": "Too large"}
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


def tell_the_truth(app: FastAPI) -> None:
    """Let `app` give its document with the refusals as they are: as problems, with 404 and 409 where they can come, and never a 422."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            for path, method, operation in _operations(document):
                _put_right(operation, path, method)
            _components(document)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _put_right(operation: dict[str, Any], path: str, method: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    changes = method != "get"
    if changes or "{" in path:
        responses.setdefault("404", dict(_NO_SUCH))
    if changes:
        responses.setdefault("409", dict(_AGAINST))
    if "requestBody" in operation:
        responses.setdefault("413", dict(_TOO_LARGE))
    for code, response in responses.items():
        response["headers"] = {**response.get("headers", {}), _VERSION: {"$ref": f"#/components/headers/{_VERSION}"}}
        if code >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(responses.items()))


def _components(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _GONE:
        schemas.pop(name, None)
    components["schemas"] = dict(sorted({**schemas, "Problem": _PROBLEM}.items()))
    components["headers"] = {_VERSION: _VERSION_HEADER}
