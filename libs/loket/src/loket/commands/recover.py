"""`loket recover SERVICE`: say why a store does not belong to Kafka's log, and bring it back to work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from loket.embedded.child import is_free
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, StateFolder
from loket.supervisor.environment import service_environment
from loket.supervisor.own_kafka import own_kafka


def recover(
    service: Annotated[str, typer.Argument(help=f"Whose store: {', '.join(SERVICES)}.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong and what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before anything is changed.")] = False,
) -> None:
    """Bring a store that was restored or lost back to Kafka's log, while its service is stopped; an own Kafka is started for it.

    Status 0 when store and log belong together, 1 when they do not, 2 when nobody can say. `docs/recovery.md` tells when to use it.
    """
    if service not in SERVICES:
        raise LoketError(f"There is no service {service}; name one of {', '.join(SERVICES)}.")
    layout = Layout.read(os.environ)
    with _kafka_of(layout):
        if dry_run or not yes:
            outcome = _run(layout, service, "--dry-run")
            if outcome == 0 or dry_run:
                raise typer.Exit(outcome)
            typer.confirm("Do it?", abort=True)
        raise typer.Exit(_run(layout, service))


@contextmanager
def _kafka_of(layout: Layout) -> Iterator[None]:
    """The platform's own Kafka, which is started for this where the platform does not run."""
    folder = StateFolder(layout.folder)
    kafka = own_kafka(layout, folder)
    if kafka is None or not is_free(layout.ports.kafka):
        yield
        return
    typer.echo("Starting Kafka …")
    folder.hold()
    try:
        kafka.start()
        yield
    finally:
        kafka.stop()
        folder.release()


def _run(layout: Layout, service: str, *more: str) -> int:
    environment = service_environment(service, layout, StateFolder(layout.folder), os.environ)
    done = subprocess.run([sys.executable, "-m", service, "recover", *more], env=environment, check=False)  # noqa: S603 - our own module
    if done.returncode not in {0, 1}:
        raise typer.Exit(done.returncode)
    return done.returncode
