"""Runs notifications; the only place that reads the environment."""

from common.environment import read
from common.starting import start
from notifications.app import build
from notifications.settings import Settings


def main() -> None:
    """Serve until told to stop; with `recover`, bring the store back to the log instead."""
    start(build(read(Settings)))


if __name__ == "__main__":
    main()
