"""Serves a service over HTTP until it is told to stop."""

import logging
import os
import resource
import sys
from typing import Any

import uvicorn

from common.blueprint import Blueprint
from common.interpreter import settle_down
from common.patience import bounded_protocol
from common.room import Room, Share, networks
from common.service import Service
from common.settings import ServiceSettings
from common.telemetry import LibraryLines

STOP_SECONDS = 30
MOST_FILES = 65_536


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
        store="mongo" if settings.mongo_url else "sqlite",
        region=str(settings.region_path.name),
    )
    server = uvicorn.Server(config)
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
