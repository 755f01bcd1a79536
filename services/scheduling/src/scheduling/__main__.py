"""Runs scheduling with the settings of its environment."""

from common.environment import read
from common.serving import run
from scheduling.app import build
from scheduling.settings import Settings


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    run(build(read(Settings)))


if __name__ == "__main__":
    main()
