"""Serves a service over HTTP until it is told to stop."""

import logging
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from common.blueprint import Blueprint
from common.interpreter import settle_down
from common.metrics_server import MetricsServer
from common.patience import bounded_protocol
from common.room import Room, Share, networks
from common.service import Service
from common.settings import ServiceSettings
from common.telemetry import LibraryLines

STOP_SECONDS = 10  # for the answers that are under way
LAST = 42.0  # seconds after which a stop that hangs is ended; Kubernetes and Docker would kill after 45
MOST_FILES = 65_536


class Server(uvicorn.Server):
    """Says that it is not ready, goes on answering until balancers have heard of it, then stops; ends in any case."""

    def __init__(self, config: uvicorn.Config, service: Service[Any], drain: float, metrics: MetricsServer | None = None) -> None:
        super().__init__(config)
        self._service, self._drain, self._metrics = service, drain, metrics

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, for scrapes as well."""
        if self._metrics is not None:
            await self._metrics.listen()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the service, then the metrics, which tell how the stop goes."""
        await super().shutdown(sockets)
        if self._metrics is not None:
            await self._metrics.shutdown()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C; the second one does not wait."""
        if self._service.draining or self._drain == 0:
            self._service.draining = True
            self._exit(sig, frame)
        else:
            self._service.draining = True
            _later(self._drain, lambda: self._exit(sig, None))
        _later(LAST, lambda: os._exit(1))  # whatever hangs: what was accepted lies in the store, and a crash is safe

    def _exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # uvicorn would raise them again at the end, and a clean end has status 0


def _later(seconds: float, work: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()


def run(blueprint: Blueprint[Any]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    os.umask(0o077)  # stores and what is written beside them are the service's own
    settings = blueprint.settings
    service = Service(blueprint)
    http = bounded_protocol(settings.request_seconds, _room(service))
    config = uvicorn.Config(
        service.app, settings.host, settings.port, loop="uvloop", http=http, ws="none", log_config=None,
        access_log=False, server_header=False, timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
    logging.basicConfig(handlers=[LibraryLines(service.log)], level=logging.WARNING)
    _allow_connections()
    settle_down()
    service.log.info(
        "starting",
        address=f"http://{settings.host}:{settings.port}",
        metrics=f"http://{settings.host}:{settings.metrics_port}/metrics",
        store="mongo" if settings.mongo_url else "sqlite",
        region=str(settings.region_path.name),
    )
    server = Server(config, service, settings.drain_seconds, MetricsServer(service))
    service.guard.refused = lambda: setattr(server, "should_exit", True)
    server.run()
    if service.guard.refusal is not None:
        sys.exit(service.guard.refusal)


def _room(service: Service[Any]) -> Room:
    settings: ServiceSettings = service.blueprint.settings
    everybody = Share(settings.connections, settings.bytes_in_flight)
    one_address = Share(settings.connections_per_address, settings.bytes_in_flight_per_address)
    return Room(everybody, one_address, networks(settings.trusted_proxies), service.metrics.gave_way.inc)


def _allow_connections() -> None:
    """Each is an open file, and the usual limit of 1,024 is soon taken up by who only keeps the line busy."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
