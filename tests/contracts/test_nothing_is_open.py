"""Every route of every service names its scope and asks for it; the few that do not are named here."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from forged import Forger, forgeries
from offline_services import MODULES, NOW, service

from common.access.guard import Allowed, GuardedRoute
from common.access.scopes import ROLES, SCOPES
from common.testing.issuer import Badge, issuer_settings, signing_key
from intake.api.partners import Partnered

ANYBODY = {"/health/live", "/health/ready", "/health/started"}
"""Asked by whatever runs the container, which has no token; the answers hold no more than a word."""
PAPERS = {"/", "/docs", "/openapi.json", *(f"/swagger/{file}" for file in ("favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"))}
"""What is published anyway: docs/contracts/openapi."""
OPEN = ANYBODY | PAPERS
SIGNED = {"/v1/events", "/v1/submissions/{submission_id}"}
SOME_ID = "00000000-0000-0000-0000-000000000000"
FORGED = {
    *("no header", "another scheme", "alg 'none'", "HS256 with the public key as PEM", "another key under the right kid", "iss 3", "aud 3"),
    *("exp 2", "nbf 0", "typ of any JWT"),
}


def routes(name: str) -> Iterator[tuple[str, str, Any]]:
    """Method, path and route of everything that a service answers, documented or not."""
    for route in iter_route_contexts(service(name).app.routes):
        for method in set(route.methods or ()) - {"HEAD"}:
            yield method, route.path or "", route


def scope_of(route: Any) -> str | None:
    """The scope that a route names."""
    named = [one.dependency.scope for one in getattr(route, "dependencies", ()) if isinstance(one.dependency, Allowed | Partnered)]
    assert len(named) <= 1
    return named[0] if named else None


@cache
def guarded(name: str) -> list[tuple[str, str, str]]:
    """Method, path and scope of every route that is not for anybody."""
    return sorted((method, path, scope_of(route) or "") for method, path, route in routes(name) if path not in OPEN)


@cache
def forged(scope: str) -> dict[str, list[str]]:
    """Some forgeries; that every one is refused is shown where the guard is."""
    made = {wrong: values for wrong, values in forgeries(signing_key(), NOW, scope).items() if wrong in FORGED}
    assert set(made) == FORGED
    return made


every_service = pytest.mark.parametrize("name", MODULES)


async def ask(name: str, method: str, path: str, headers: list[tuple[str, str]], content: bytes = b"{}") -> httpx.Response:
    place = path
    for part in [part for part in path.split("/") if part.startswith("{")]:
        place = place.replace(part, SOME_ID)
    transport = httpx.ASGITransport(app=service(name).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        return await client.request(method, place, headers=[("content-type", "application/json"), *headers], content=content)


@every_service
def test_every_route_names_one_scope_of_the_list_or_is_open_by_name(name: str) -> None:
    unnamed = {path for _, path, route in routes(name) if scope_of(route) is None}

    assert unnamed == OPEN


@every_service
def test_every_guarded_route_asks_before_it_reads_the_body(name: str) -> None:
    unasked = [path for _, path, route in routes(name) if path not in OPEN | SIGNED and not isinstance(route.original_route, GuardedRoute)]

    assert unasked == []


def test_the_list_has_no_scope_that_no_route_wants_and_no_role_with_others() -> None:
    assert {scope for name in MODULES for _, _, scope in guarded(name)} == set(SCOPES)
    assert {scope for scopes in ROLES.values() for scope in scopes} == set(SCOPES)


def test_the_walk_meets_every_service_and_the_partner_gateway() -> None:
    assert {path for _, path, _ in guarded("intake")} >= SIGNED
    assert min(len(guarded(name)) for name in MODULES) > 8
    assert sum(len(guarded(name)) for name in MODULES) > 50


@every_service
async def test_every_route_refuses_whoever_does_not_say_who_is_there(name: str) -> None:
    for method, path, scope in guarded(name):
        for wrong, values in forged(scope).items():
            answer = await ask(name, method, path, [("authorization", value) for value in values])
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), (method, path, wrong)


@every_service
async def test_every_route_refuses_a_stranger_before_it_looks_at_the_body(name: str) -> None:
    for method, path, _ in guarded(name):
        assert (await ask(name, method, path, [], b'{"broken')).status_code == 401, (method, path)


@every_service
async def test_every_route_refuses_each_role_that_lacks_its_scope_and_no_other(name: str) -> None:
    for method, path, scope in guarded(name):
        for role, scopes in ROLES.items():
            token = Badge(service(name).clock, role, partner="university" if role == "partner" else None).token()
            answer = await ask(name, method, path, [("authorization", f"Bearer {token}")])
            assert (answer.status_code == 403) == (scope not in scopes), (method, path, role, answer.text)
            assert answer.status_code != 401


@every_service
async def test_a_token_for_one_service_is_good_there_and_nowhere_else(name: str) -> None:
    for method, path, scope in guarded(name):
        forger = Forger(signing_key(), NOW, scope)
        for other in MODULES:
            token = forger.right(aud=f"loket:{other}", partner="university")
            answer = await ask(name, method, path, [("authorization", f"Bearer {token}")])
            assert (answer.status_code != 401) == (other == name), (method, path, other)


@every_service
async def test_what_is_for_anybody_holds_no_secret(name: str) -> None:
    answers = [await ask(name, "GET", path, []) for path in OPEN if not path.startswith("/swagger/")]

    assert {answer.status_code for answer in answers} <= {200, 307, 503}
    assert all("PRIVATE" not in answer.text and issuer_settings()["oidc_jwks"] not in answer.text for answer in answers)
