"""Runs intake."""

from common.environment import read
from common.starting import start
from intake.app import build
from intake.settings import Settings


def main() -> None:
    """Serve until told to stop; with `recover`, bring the store back to the log instead."""
    start(build(read(Settings)))


if __name__ == "__main__":
    main()
