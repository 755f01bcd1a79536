"""Named places at which a test may let the process die as if the power had gone; without the environment variable nothing happens."""

import os

ARMED = "LOKET_FAILPOINT"  # name, or name:n to die at the n-th pass

_name, _, _nth = os.environ.get(ARMED, "").partition(":")
_left = int(_nth or 1)


def failpoint(name: str) -> None:
    """Die here, without any clean-up, when a test has armed this name."""
    if name == _name:
        _count_down()


def _count_down() -> None:
    global _left  # noqa: PLW0603 - one process dies once
    _left -= 1
    if _left == 0:
        os._exit(86)
