"""Runs scheduling with the settings of its environment."""

from common.environment import read
from common.starting import start
from scheduling.app import build
from scheduling.settings import Settings


def main() -> None:
    """Serve until told to stop; with `recover`, bring the store back to the log instead."""
    start(build(read(Settings)))


if __name__ == "__main__":
    main()
