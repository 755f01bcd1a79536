"""`python -m reporting.rebuild [--from DAY --to DAY] [--swap]` exits 0 when all figures are equal, 1 when not, 2 when nobody can say."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from common.clock import clock_of
from common.environment import read
from common.interpreter import run
from common.log import LogError
from reporting.domain import Period
from reporting.rebuild.rebuilding import rebuild
from reporting.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild with the settings of the environment."""
    asked = _asked(arguments)
    settings = read(Settings)
    period = Period(asked.first, asked.end) if asked.first and asked.end else None
    clock = clock_of(settings.clock_file, settings.environment)
    try:
        same = run(rebuild(settings, clock, period, swap=asked.swap, say=_say))
    except (LogError, OSError, RuntimeError) as error:  # KafkaError is a RuntimeError
        _say(f"Not rebuilt: {error}")
        return 2
    return 0 if same else 1


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("reporting.rebuild", description="Recount every figure from the log, and compare.")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first local day that counts")
    parser.add_argument("--to", dest="end", type=date.fromisoformat, help="first local day that does not count any more")
    parser.add_argument(
        "--swap",
        action="store_true",
        help="let the rebuilt store take the place of the live one, if all is equal and the service is stopped",
    )
    return parser.parse_args(arguments)


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
