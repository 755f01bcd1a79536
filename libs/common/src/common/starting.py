"""What a service's program does: serve, or `recover [--dry-run]` its store."""

import argparse
import sys
from typing import Any

from aiokafka.errors import KafkaError

from common.blueprint import Blueprint
from common.clock import clock_of
from common.errors import Unavailable
from common.interpreter import run as run_on_loop
from common.log import LogError
from common.recovery import Recovery
from common.serving import run
from common.telemetry import logger

NOT_RECOVERED, UNKNOWN = 1, 2


def start(blueprint: Blueprint[Any]) -> None:
    """Serve until told to stop, or recover as the command line asks; ends the process with a status then."""
    parser = argparse.ArgumentParser(blueprint.name, description=blueprint.title)
    commands = parser.add_subparsers(dest="command")
    recover = commands.add_parser("recover", help="bring a store that does not belong to Kafka's log back to work")
    recover.add_argument("--dry-run", action="store_true", help="only say what is wrong and what would be done")
    asked = parser.parse_args()
    if asked.command is None:
        run(blueprint)
    else:
        sys.exit(_recover(blueprint, dry_run=asked.dry_run))


def _recover(blueprint: Blueprint[Any], *, dry_run: bool) -> int:
    """0: store and log belong together; 1: they do not; 2: nobody can say, or a replica still runs."""
    settings = blueprint.settings
    clock = clock_of(settings.clock_file, settings.environment)
    recovery = Recovery(blueprint, clock, logger(blueprint.name, settings.log_level), _say)
    try:
        return 0 if run_on_loop(recovery.run(dry_run=dry_run)) else NOT_RECOVERED
    except (LogError, OSError, KafkaError, Unavailable) as error:
        _say(f"Not recovered: {error}")
        return UNKNOWN


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
