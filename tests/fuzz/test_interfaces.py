"""Every operation of every service answers as its OpenAPI document says, whatever is asked; no answer is a server error."""

from functools import cache
from typing import Any

import pytest
import schemathesis
from fuzz.profile import CASES, LONG, SEED
from hypothesis import HealthCheck, Phase, given, seed, settings
from offline_services import MODULES, NOW, service
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from common.access.scopes import ROLES
from common.testing.issuer import Badge
from common.testing.stage import StoppedClock

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
BEARER = Badge(StoppedClock(NOW), *ROLES).token()


@cache
def papers(name: str) -> Any:
    """The OpenAPI document of a service that runs in this process."""
    return schemathesis.openapi.from_asgi("/openapi.json", asleep(service(name).app))


def asleep(app: Any) -> Any:
    """The routes alone: what a service does from its start to its end is left out, since there is no Kafka here."""

    async def routes(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        return await send({"type": "lifespan.shutdown.complete"})

    return routes


def operations(name: str) -> list[tuple[str, str]]:
    """Method and path of every documented operation."""
    return [(one.ok().method.upper(), one.ok().path) for one in papers(name).get_all_operations()]


@pytest.mark.timeout(24 * 3600 if LONG else 120)
@pytest.mark.parametrize("name", MODULES)
def test_every_operation_answers_as_its_document_says(name: str) -> None:
    tried = operations(name)
    for method, path in tried:
        try_one(papers(name)[path][method])

    assert len(tried) >= 9  # those of reporting, which has the fewest


def try_one(operation: Any) -> None:
    """Whatever is asked of it."""

    @seed(SEED)
    @settings(
        max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
    )
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        answer = case.call(headers={"authorization": f"Bearer {BEARER}"})
        case.validate_response(answer, checks=CHECKS)

    answers()
