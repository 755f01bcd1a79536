"""`loket clock`: what time it is on this machine's platform, and how to move it ahead."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from loket.clockfile import move_forward, parse_step, read_shift
from loket.supervisor import Layout, StateFolder

app = typer.Typer(help="Show or move the clock of the platform on this machine.", no_args_is_help=True)


@app.command()
def forward(step: Annotated[str, typer.Argument(help="How far, such as 3d, 12h, 90m or 1d12h.")]) -> None:
    """Move the clock of all four services ahead; it never goes back."""
    typer.echo(_sentence(move_forward(_folder().clock, parse_step(step), os.environ)))


@app.command()
def show() -> None:
    """Show how far the clock is ahead."""
    typer.echo(_sentence(read_shift(_folder().clock)))


def _folder() -> StateFolder:
    return StateFolder(Layout.read(os.environ).folder)


def _sentence(shift: timedelta) -> str:
    now = datetime.fromtimestamp(time.time() + shift.total_seconds(), UTC).astimezone()
    ahead = f"{shift} ahead" if shift else "not shifted"
    return f"The clock is {ahead}: {now:%A %d %B %Y %H:%M %Z}."
