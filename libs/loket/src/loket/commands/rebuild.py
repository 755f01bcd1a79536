"""`loket rebuild reporting`: recount every figure from the log, beside the live store."""

import os
import subprocess
import sys
from typing import Annotated, Literal

import typer

from loket.supervisor import Layout, StateFolder
from loket.supervisor.environment import service_environment


def rebuild(
    service: Annotated[Literal["reporting"], typer.Argument(help="Whose store: only reporting's can be rebuilt.")],
    first: Annotated[str | None, typer.Option("--from", help="First local day that counts, such as 2026-11-30.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="First local day that does not count any more.")] = None,
    swap: Annotated[
        bool, typer.Option("--swap", help="Let the rebuilt store take the live one's place, if all is equal and the service is stopped.")
    ] = False,
) -> None:
    """Read the log from its beginning into a new store and hold every figure against the live one; status 0 only when all are equal."""
    layout = Layout.read(os.environ)
    environment = service_environment(service, layout, StateFolder(layout.folder), os.environ)
    asked = [*(("--from", first) if first else ()), *(("--to", end) if end else ()), *(("--swap",) if swap else ())]
    done = subprocess.run([sys.executable, "-m", "reporting.rebuild", *asked], env=environment, check=False)  # noqa: S603 - our own module
    raise typer.Exit(done.returncode)
