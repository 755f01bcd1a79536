"""The HTTP side that all services share: health, lanes, security headers, access log, OpenAPI after the NL API Design Rules."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi_swagger import patch_fastapi
from opentelemetry.trace import SpanKind
from starlette.responses import Response

from common.access.keys import keys_at
from common.access.tokens import Tokens
from common.lane_routes import lane_routes
from common.limits import bounded
from common.openapi import REFUSALS, VERSION, tell_the_truth
from common.problems import MISTAKE, answer_problems, problem
from common.processing.routes import processing_routes
from common.telemetry import traceparent_of_request
from common.watch import stuck

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from common.service import Service

HEADERS = [
    (b"api-version", VERSION.encode()),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
PATIENCE = 3.0  # seconds that readiness waits for the store; a probe gives up after five
QUIET = frozenset({"/health/live", "/health/ready", "/health/started"})


def make_app(service: Service[Any], router: APIRouter) -> FastAPI:
    """The application of a service."""
    blueprint = service.blueprint
    app = FastAPI(
        title=f"Loket {blueprint.name}",
        version=VERSION,
        summary=blueprint.title,
        contact={"name": "The organisation that runs this desk", "url": "https://example.org/loket"},
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        redirect_slashes=False,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        lifespan=lambda _app: service.serving(),
        responses=dict(REFUSALS),
    )
    # `/docs` from this machine: the usual page fetches its script from elsewhere, and keeps the token that was given to it
    patch_fastapi(app, swagger_ui_parameters={"tryItOutEnabled": True, "persistAuthorization": False, "filter": True})
    answer_problems(app)
    tell_the_truth(app)
    app.state.tokens = _tokens(service)
    app.state.refused = lambda reason: service.log.warning("refused", status=401, reason=reason)
    app.include_router(router)
    app.include_router(lane_routes(service))
    if service.logbook is not None:
        app.include_router(processing_routes(blueprint.name, service.logbook))
    app.include_router(_health(service))
    app.add_middleware(_Edge, service=service)
    return app


def _tokens(service: Service[Any]) -> Tokens:
    settings, name = service.blueprint.settings, service.blueprint.name
    audiences = (settings.oidc_audience, f"{settings.oidc_audience}:{name}")
    return Tokens(keys_at(settings.oidc_jwks, service.log), settings.oidc_issuer, audiences, service.clock)


def _health(service: Service[Any]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> Response:
        return problem(503, "Records wait, Kafka answers, and none has been settled for two minutes.") if stuck(service) else _fine()

    @router.get("/health/ready")
    async def ready() -> Response:
        return await _ready(service)

    @router.get("/health/started")
    async def started() -> Response:
        return _fine()

    return router


async def _ready(service: Service[Any]) -> Response:
    if reason := service.ready():
        return problem(503, f"Not ready: {reason}.")
    failure = await service.probe.failure()
    return _fine() if failure is None else problem(503, f"Not ready: {failure}")


def _fine() -> Response:
    return Response(b'{"status":"pass"}', media_type="application/health+json")


class _Edge:
    """Around every request: a trace, the limits, the headers, one access line; plain ASGI, since each layer costs."""

    def __init__(self, app: ASGIApp, service: Service[Any]) -> None:
        self._app, self._service = app, service
        self._timers: dict[tuple[str, str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering, receive = _Answering(send), bounded(scope, receive, self._service.context.settings.body_limit_bytes)
        if scope["path"] in QUIET:
            await self._app(scope, receive, answering)
            return
        if self._service.waits_for is not None:
            await problem(503, f"Not yet: {self._service.waits_for}.", headers={"Retry-After": "5"})(scope, receive, answering)
            return
        began = perf_counter()
        with self._service.tracing.span(
            f"{scope['method']} request", "", SpanKind.SERVER, {"http.request.method": scope["method"]}
        ) as trace:
            token = traceparent_of_request.set(trace)
            try:
                await self._app(scope, receive, answering)
            except Exception as error:  # noqa: BLE001 - the server would print the exception's text, which may hold personal data
                self._service.log.error("bug", error=error, trace=trace)  # noqa: TRY400 - with its place, without its text
                await answering.mistake(scope, receive)
            finally:
                traceparent_of_request.reset(token)
                self._account(scope, answering.status, perf_counter() - began, trace)

    def _account(self, scope: Scope, status: int, seconds: float, trace: str) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        key = (scope["method"], route, status)
        timer = self._timers.get(key)
        if timer is None:
            timer = self._timers[key] = self._service.metrics.requests.labels(scope["method"], route, str(status))
        timer.observe(seconds)
        log = self._service.log.debug if status < 500 else self._service.log.error  # noqa: PLR2004
        log("request", method=scope["method"], route=route, status=status, seconds=round(seconds, 4), trace=trace)


class _Answering:
    """What leaves: every answer gets the headers, and a bug one that says nothing."""

    def __init__(self, send: Send) -> None:
        self._send, self.status = send, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(pair for pair in HEADERS if pair[0] not in present)]
        await self._send(message)

    async def mistake(self, scope: Scope, receive: Receive) -> None:
        """Answer 500, where no answer has begun."""
        if not self.status:
            await problem(500, MISTAKE)(scope, receive, self)
