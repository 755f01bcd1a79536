"""Runs notifications; the only place that reads the environment."""

from common.environment import read
from common.serving import run
from notifications.app import build
from notifications.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    run(build(read(Settings)))


if __name__ == "__main__":
    main()
