"""The shared clock, moved by the driver and by the killer: one after the other, so that it never goes back."""

import fcntl
from datetime import timedelta
from pathlib import Path

from loket.clockfile import move_forward


def forward(clock: Path, step: timedelta) -> None:
    """By whole seconds."""
    with clock.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        move_forward(clock, step, {})
