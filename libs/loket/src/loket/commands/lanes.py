"""`loket lanes`: cases that wait for somebody's help, in any of the four services."""

import os
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from loket.asking import ask
from loket.errors import LoketError
from loket.supervisor import SERVICES

app = typer.Typer(help="See, resume or give up lanes that were parked because a message failed.", no_args_is_help=True)
LaneId = Annotated[str, typer.Argument(help="Id of the lane, or the first characters of it.")]
SHORTEST = 6


@app.command("list")
def list_() -> None:
    """Show every parked lane of every service, the oldest first."""
    lanes = _parked()
    if not lanes:
        typer.echo("No lane is parked.")
        return
    table = Table()
    for column in ("service", "lane", "since", "kind", "error", "attempts", "waiting", "name"):
        table.add_column(column, no_wrap=column in {"service", "lane"})
    for service, lane in sorted(lanes, key=lambda one: str(one[1]["parkedAt"])):
        words = (
            lane["laneId"][:12],
            lane["parkedAt"][:19],
            lane["kind"],
            lane["error"],
            str(lane["attempts"]),
            str(lane["waiting"]),
            lane["name"],
        )
        table.add_row(service, *words)
    Console(width=None if os.isatty(1) else 160).print(table)


@app.command()
def show(lane: LaneId) -> None:
    """Show one lane and the places of its records in the log."""
    service, found = _one(lane)
    typer.echo(f"service    {service}")
    for name, value in found.items():
        typer.echo(f"{name:<10} {', '.join(value) if isinstance(value, list) else value}")


@app.command()
def redrive(lane: LaneId) -> None:
    """Carry out what waits in a lane, in order; it stops where something fails again."""
    service, found = _one(lane)
    after = _ask(service, "POST", f"/v1/lanes/{found['laneId']}/redrive")
    typer.echo(f"Lane {found['name']} of {service} is {after['state']}.")


@app.command()
def discard(lane: LaneId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Give up the first record of a lane for good; what waits behind it goes on."""
    service, found = _one(lane)
    if not yes:
        typer.confirm(f"Give up {found['records'][0]} of lane {found['name']} in {service} for good?", abort=True)
    after = _ask(service, "POST", f"/v1/lanes/{found['laneId']}/discard")
    typer.echo(f"Given up. The lane is {after['state']}, {after['waiting']} waiting.")


def _parked() -> list[tuple[str, dict[str, Any]]]:
    return [(service, lane) for service in SERVICES for lane in _ask(service, "GET", "/v1/lanes?limit=1000")]


def _one(start: str) -> tuple[str, dict[str, Any]]:
    if len(start) < SHORTEST:
        raise LoketError(f"Name at least the first {SHORTEST} characters of the lane's id.")
    found = [(service, lane) for service, lane in _parked() if lane["laneId"].startswith(start)]
    if len(found) != 1:
        raise LoketError(f"{len(found) or 'No'} parked lanes have an id that begins with {start}; see `loket lanes list`.")
    return found[0]


def _ask(service: str, method: str, path: str) -> Any:
    return ask("ops", service, method, path)
