"""Runs intake."""

from common.environment import read
from common.serving import run
from intake.app import build
from intake.settings import Settings


def main() -> None:
    """Read the environment and serve."""
    run(build(read(Settings)))


if __name__ == "__main__":
    main()
