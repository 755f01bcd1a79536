"""Starts reporting with the settings of its environment."""

from common.environment import read
from common.serving import run
from reporting.app import build
from reporting.generations import live
from reporting.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    run(build(live(read(Settings)).settings))


if __name__ == "__main__":
    main()
