"""`loket reset`: start from nothing."""

import os
from typing import Annotated

import typer

from loket.supervisor import Layout, StateFolder


def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Wipe everything that the platform stored on this machine: records, stores, secrets, the shift of the clock."""
    folder = StateFolder(Layout.read(os.environ).folder)
    if not folder.path.exists():
        typer.echo(f"Nothing to wipe: {folder.path} does not exist.")
        return
    if not yes:
        typer.confirm(f"Wipe {folder.path} with all its records, stores and secrets?", abort=True)
    folder.wipe()
    typer.echo(f"Wiped {folder.path}.")
