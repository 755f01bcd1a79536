"""`loket recover SERVICE`: say why a store does not belong to Kafka's log, and bring it back to work."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, StateFolder
from loket.supervisor.environment import service_environment


def recover(
    service: Annotated[str, typer.Argument(help=f"Whose store: {', '.join(SERVICES)}.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong and what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before anything is changed.")] = False,
) -> None:
    """Bring a store that was restored or lost back to Kafka's log; the service must be stopped, Kafka must run.

    Status 0 when store and log belong together, 1 when they do not, 2 when nobody can say. `docs/recovery.md` tells when to use it.
    """
    if service not in SERVICES:
        raise LoketError(f"There is no service {service}; name one of {', '.join(SERVICES)}.")
    outcome = _run(service, "--dry-run")
    if outcome == 0 or dry_run:
        raise typer.Exit(outcome)
    if not yes:
        typer.confirm("Do it?", abort=True)
    raise typer.Exit(_run(service))


def _run(service: str, *more: str) -> int:
    layout = Layout.read(os.environ)
    environment = service_environment(service, layout, StateFolder(layout.folder), os.environ)
    done = subprocess.run([sys.executable, "-m", service, "recover", *more], env=environment, check=False)  # noqa: S603 - our own module
    if done.returncode not in {0, 1}:
        raise typer.Exit(done.returncode)
    return done.returncode
