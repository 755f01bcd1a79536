"""Serves a service over HTTP until it is told to stop."""

import logging
import resource
from typing import Any

import uvicorn

from common.blueprint import Blueprint
from common.interpreter import settle_down
from common.patience import bounded_protocol
from common.service import Service
from common.telemetry import LibraryLines

STOP_SECONDS = 30
MOST_FILES = 65_536


def run(blueprint: Blueprint[Any]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = blueprint.settings
    service = Service(blueprint)
    config = uvicorn.Config(
        service.app, settings.host, settings.port, loop="uvloop", http=bounded_protocol(settings.request_seconds), log_config=None,
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
    uvicorn.Server(config).run()


def _allow_connections() -> None:
    """Each is an open file, and the usual limit of 1,024 is soon taken up by who only keeps the line busy."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
