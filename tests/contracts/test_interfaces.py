"""The OpenAPI documents keep to the NL API Design Rules."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from common.access.scopes import SCOPES
from common.settings import ServiceSettings
from loket.contracts.openapi import openapi
from loket.contracts.services import Platform
from loket.contracts.settings_page import environment_names
from loket.supervisor import SERVICES

every_service = pytest.mark.parametrize("name", SERVICES)
KEBAB = re.compile(r"^/v1(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z_]+\}))+$")
CAMEL = re.compile(r"^[a-z][a-zA-Z0-9]*$")


class Operation(NamedTuple):
    path: str
    method: str
    said: dict[str, Any]


@pytest.fixture(scope="module")
def documents(platform: Platform) -> dict[str, Any]:
    return {service.name: openapi(service) for service in platform}


def operations(document: Any) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, said in item.items():
            yield Operation(path, method, said)


@every_service
def test_a_document_says_where_who_and_which_version(documents: dict[str, Any], name: str) -> None:
    document = documents[name]
    assert document["openapi"].startswith("3.1")
    assert document["servers"][0]["url"].startswith("https://")
    assert {"title", "version", "contact", "license"} <= set(document["info"])


@every_service
def test_paths_are_versioned_and_in_kebab_case_and_query_keys_in_camel_case(documents: dict[str, Any], name: str) -> None:
    for path, _, said in operations(documents[name]):
        assert KEBAB.match(path), path
        assert all(CAMEL.match(one["name"]) for one in said.get("parameters", []) if one["in"] == "query"), path


@every_service
def test_a_fault_is_a_400_with_a_problem_document_and_never_a_422(documents: dict[str, Any], name: str) -> None:
    assert "HTTPValidationError" not in str(documents[name])
    for path, _, said in operations(documents[name]):
        assert "422" not in said["responses"], path
        assert list(said["responses"]["400"]["content"]) == ["application/problem+json"], path
        assert all("API-Version" in response["headers"] for response in said["responses"].values()), path


@every_service
def test_every_operation_names_its_scope_and_how_it_refuses(documents: dict[str, Any], name: str) -> None:
    for path, _, said in operations(documents[name]):
        scopes = [way["bearer"] for way in said["security"] if "bearer" in way]
        assert [scope in SCOPES for scope in scopes[0]] == [True], path
        assert {"401", "403"} <= set(said["responses"]), path
    assert documents[name]["components"]["securitySchemes"]["bearer"]["bearerFormat"] == "JWT"


def test_partners_have_two_ways_in_and_nobody_else_has(documents: dict[str, Any]) -> None:
    signed = {path for path, _, said in operations(documents["intake"]) if any("signature" in way for way in said["security"])}
    assert signed == {"/v1/events", "/v1/submissions/{submission_id}"}


@every_service
def test_operations_have_a_summary_and_an_id_of_their_own(documents: dict[str, Any], name: str) -> None:
    all_operations = list(operations(documents[name]))
    assert all(one.said.get("summary") for one in all_operations)
    assert len({one.said["operationId"] for one in all_operations}) == len(all_operations)


@every_service
def test_every_setting_says_what_it_is_for(platform: Platform, name: str) -> None:
    settings = next(service.settings for service in platform if service.name == name)
    assert [field for field, said in settings.model_fields.items() if not (said.description or "").endswith(".")] == []
    assert environment_names(settings) >= environment_names(ServiceSettings)
