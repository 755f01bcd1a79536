"""Every operation of every service answers as its OpenAPI document says, whatever is asked; no answer is a server error."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fuzz.profile import CASES, LONG, SEED
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

import intake.app
import intake.settings
import notifications.app
import notifications.settings
import reporting.app
import reporting.settings
import scheduling.app
import scheduling.settings
from common.access.scopes import ROLES
from common.testing.issuer import Badge, issuer_settings
from common.testing.memory import MemoryStore
from common.testing.service import offline
from common.testing.stage import StoppedClock

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
MODULES = {"intake": intake, "scheduling": scheduling, "notifications": notifications, "reporting": reporting}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
BEARER = Badge(StoppedClock(NOW), *ROLES).token()


@cache
def papers(name: str) -> Any:
    """The OpenAPI document of a service that runs in this process."""
    module = MODULES[name]
    made = module.settings.Settings(**issuer_settings(), region_path=REGION, environment="test", log_level="error")
    service, _ = offline(module.app.build(made), MemoryStore(), StoppedClock(NOW))
    return schemathesis.openapi.from_asgi("/openapi.json", asleep(service.app))


def asleep(app: Any) -> Any:
    """The routes alone: what a service does from its start to its end is left out, since there is no Kafka here."""

    async def routes(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        return await send({"type": "lifespan.shutdown.complete"})

    return routes


def operations() -> list[tuple[str, str, str]]:
    """Service, method and path of every documented operation."""
    return [(name, one.ok().method.upper(), one.ok().path) for name in MODULES for one in papers(name).get_all_operations()]


@pytest.mark.timeout(24 * 3600 if LONG else 120)
@pytest.mark.parametrize(("name", "method", "path"), operations())
def test_an_operation_answers_as_its_document_says(name: str, method: str, path: str) -> None:
    operation = papers(name)[path][method]

    @seed(SEED)
    @settings(
        max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
    )
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        answer = case.call(headers={"authorization": f"Bearer {BEARER}"})
        case.validate_response(answer, checks=CHECKS)

    answers()


def test_every_service_has_operations_to_try() -> None:
    tried = operations()

    assert {name for name, _, _ in tried} == set(MODULES)
    assert len(tried) > 40
