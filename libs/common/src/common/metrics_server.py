"""Serves `/metrics` on a port of its own, so that partners and staff do not reach it through the port that they use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from common.patience import bounded_protocol
from common.watch import look

if TYPE_CHECKING:
    from starlette.requests import Request

    from common.service import Service

CLOSE_SECONDS = 1  # for a scrape that is under way when the process ends


class MetricsServer(uvicorn.Server):
    """A second server in the event loop of the first; it answers until the first has stopped."""

    def __init__(self, service: Service[Any]) -> None:
        settings = service.blueprint.settings
        config = uvicorn.Config(
            metrics_app(service), settings.host, settings.metrics_port, lifespan="off", ws="none", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=CLOSE_SECONDS, http=bounded_protocol(settings.request_seconds),
        )  # fmt: skip
        super().__init__(config)

    async def listen(self) -> None:
        """Begin to listen, without signal handlers of its own; raises SystemExit when the port is taken."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup()


def metrics_app(service: Service[Any]) -> Starlette:
    """An application with one route."""

    async def metrics(_request: Request) -> Response:
        return Response(exposition(service), headers={"cache-control": "no-store"}, media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics)])


def exposition(service: Service[Any]) -> bytes:
    """All metrics in Prometheus' text format, as they are at this moment and not a second ago."""
    look(service)
    return generate_latest(service.metrics.registry)
