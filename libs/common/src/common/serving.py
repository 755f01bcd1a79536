"""Serves a service over HTTP until it is told to stop, with the settings of the interpreter that long-running work wants."""

import gc
import logging
from typing import Any

import uvicorn

from common.service import Blueprint, Service
from common.telemetry import LibraryLines

STOP_SECONDS = 30


def run(blueprint: Blueprint[Any]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = blueprint.settings
    service = Service(blueprint)
    config = uvicorn.Config(
        service.app, settings.host, settings.port, loop="uvloop", http="httptools", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS, h11_max_incomplete_event_size=65_536,
    )  # fmt: skip
    logging.basicConfig(handlers=[LibraryLines(service.log)], level=logging.WARNING)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    service.log.info(
        "starting",
        address=f"http://{settings.host}:{settings.port}",
        store="mongo" if settings.mongo_url else "sqlite",
        region=str(settings.region_path.name),
    )
    uvicorn.Server(config).run()
