"""The OpenAPI documents keep to the NL API Design Rules."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

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
def test_routes_of_staff_say_so(documents: dict[str, Any], name: str) -> None:
    guarded = {path for path, _, said in operations(documents[name]) if {"staff": []} in said.get("security", [])}
    assert {"/v1/lanes", "/v1/lanes/{lane_id}/redrive", "/v1/breaker/reset"} <= guarded
    assert all("401" in said["responses"] for path, _, said in operations(documents[name]) if path in guarded)


def test_the_gateway_is_no_route_of_staff(documents: dict[str, Any]) -> None:
    assert {"staff": []} not in documents["intake"]["paths"]["/v1/events"]["post"].get("security", [])


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
