"""The OpenAPI document of each service as it is published, after the NL API Design Rules."""

from typing import Any

from loket.contracts.services import Described


def openapi(service: Described) -> dict[str, Any]:
    """What the running service says of itself, and where the organisation runs it; ready to be written."""
    document: dict[str, Any] = service.offline().app.openapi()
    return _ordered({**document, "servers": [_server(service.name)]})


def _server(name: str) -> dict[str, Any]:
    host = {"default": f"{name}.loket.example.org", "description": "Where the organisation runs it."}
    return {"url": "https://{host}", "description": "Production", "variables": {"host": host}}


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    head = ("openapi", "info", "servers", "tags", "paths", "components")
    return {**{key: document[key] for key in head if key in document}, **{key: value for key, value in document.items() if key not in head}}
