"""Starts reporting with the settings of its environment."""

from common.environment import read
from common.starting import start
from reporting.app import build
from reporting.generations import live
from reporting.settings import Settings


def main() -> None:
    """Serve until told to stop; with `recover`, bring the store back to the log instead."""
    start(build(live(read(Settings)).settings))


if __name__ == "__main__":
    main()
