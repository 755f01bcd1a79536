"""`loket lanes`: cases that wait for somebody's help, in any of the four services."""

import os
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from common.given_up import GiveUp
from loket.asking import ask_at
from loket.errors import LoketError
from loket.supervisor import SERVICES

app = typer.Typer(help="See, resume or give up lanes that were parked because a message failed.", no_args_is_help=True)
SHORTEST, INCOMPLETE = 6, 2

Named = Annotated[list[str] | None, typer.Argument(help="Lanes as the list names them: service/id, or the first characters of an id.")]
OneLane = Annotated[str, typer.Argument(help="A lane as the list names it: service/id, or the first characters of an id.")]
Service = Annotated[str | None, typer.Option(help="Only lanes of this service.", show_default="all four")]
Error = Annotated[str | None, typer.Option(help="Only lanes with this error, such as KeyError.", show_default="any")]
All = Annotated[bool, typer.Option("--all", help="Every lane that --service and --error leave.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which, and change nothing.")]
Url = Annotated[list[str] | None, typer.Option(help="service=address; may be repeated.", show_default="the platform of this machine")]
Token = Annotated[str | None, typer.Option(help="Token of ops there.", show_default="one made for this machine")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Why = Annotated[GiveUp | None, typer.Option("--reason", help="Why steps are given up; records of Kafka need none.")]


class Parked(NamedTuple):
    """A lane with the service that holds it."""

    service: str
    lane: dict[str, Any]

    @property
    def id(self) -> str:
        """As every command takes it."""
        return f"{self.service}/{self.lane['laneId']}"


class Platform:
    """Four services, here or elsewhere; those that do not answer are remembered and named."""

    def __init__(self, urls: Iterable[str] | None, token: str | None) -> None:
        self._token, self.silent = token, list[str]()
        self._urls = dict(addresses(urls))

    def ask(self, service: str, method: str, path: str) -> Any:
        """What the service answers; a refusal or silence is a `LoketError`."""
        return ask_at("ops", service, method, path, url=self._urls.get(service), token=self._token)

    def parked(self, service: str | None = None, error: str | None = None) -> list[Parked]:
        """The lanes of those services that answer, the oldest first."""
        found: list[Parked] = []
        for name in [service] if service else SERVICES:
            try:
                found += [Parked(name, lane) for lane in self.ask(name, "GET", "/v1/lanes?limit=1000")]
            except LoketError as silence:
                self.silent.append(str(silence))
        return sorted((one for one in found if error in (None, one.lane["error"])), key=lambda one: str(one.lane["parkedAt"]))

    def end(self) -> None:
        """Name who could not be asked; status 2 when there is any."""
        for sentence in self.silent:
            typer.echo(f"Not asked: {sentence}", err=True)
        if self.silent:
            raise typer.Exit(INCOMPLETE)


@app.command("list")
def list_(service: Service = None, error: Error = None, url: Url = None, token: Token = None) -> None:
    """Show every parked lane, the oldest first."""
    platform = Platform(url, token)
    _show(platform.parked(service, error))
    platform.end()


@app.command()
def show(lane: OneLane, url: Url = None, token: Token = None) -> None:
    """Show one lane and the places of its records in the log."""
    (found,) = _chosen(Platform(url, token), [lane])
    typer.echo(f"lane       {found.id}")
    for name, value in found.lane.items():
        typer.echo(f"{name:<10} {', '.join(value) if isinstance(value, list) else value}")


@app.command()
def redrive(
    lanes: Named = None, service: Service = None, error: Error = None, every: All = False, dry_run: DryRun = False, url: Url = None,
    token: Token = None,
) -> None:  # fmt: skip
    """Carry out what waits, in order; a lane stops where something fails again."""
    platform = Platform(url, token)
    failed = 0
    for one in _wanted(platform, lanes, service, error, every=every, dry_run=dry_run):
        failed += not _did(platform, one, "redrive")
    platform.end()
    raise typer.Exit(1 if failed else 0)


@app.command()
def discard(
    lanes: Named = None, service: Service = None, error: Error = None, every: All = False, reason: Why = None, dry_run: DryRun = False,
    yes: Yes = False, url: Url = None, token: Token = None,
) -> None:  # fmt: skip
    """Give up the first record or step of lanes for good; what waits behind it goes on."""
    platform = Platform(url, token)
    wanted = _wanted(platform, lanes, service, error, every=every, dry_run=dry_run)
    if wanted and not yes:
        typer.confirm(f"Give up the first record of {len(wanted)} lanes for good?", abort=True)
    failed = sum(not _did(platform, one, f"discard?reason={reason}" if reason else "discard") for one in wanted)
    platform.end()
    raise typer.Exit(1 if failed else 0)


@app.command("reset-breaker")
def reset_breaker(service: Annotated[str, typer.Argument(help="Whose consumers may go on.")], url: Url = None, token: Token = None) -> None:
    """Let all replicas of a service go on after too many lanes were parked; mend the cause first."""
    if service not in SERVICES:
        raise LoketError(f"There is no service {service}; name one of {', '.join(SERVICES)}.")
    Platform(url, token).ask(service, "POST", "/v1/breaker/reset")
    typer.echo(f"{service} goes on.")


def _wanted(
    platform: Platform, names: list[str] | None, service: str | None, error: str | None, *, every: bool, dry_run: bool
) -> list[Parked]:
    if not names and not every:
        raise LoketError("Name lanes, or say --all (with --service or --error, those that these leave).")
    wanted = _chosen(platform, names) if names else platform.parked(service, error)
    if dry_run:
        _show(wanted)
        typer.echo("Nothing was changed.")
        return []
    return wanted


def _chosen(platform: Platform, names: list[str]) -> list[Parked]:
    parked = platform.parked()
    return [_one(name, parked) for name in names]


def _one(name: str, parked: list[Parked]) -> Parked:
    service, _, start = name.rpartition("/")
    if len(start) < SHORTEST:
        raise LoketError(f"Name at least the first {SHORTEST} characters of the lane's id.")
    found = [one for one in parked if one.lane["laneId"].startswith(start) and service in ("", one.service)]
    if len(found) == 1:
        return found[0]
    which = f": {', '.join(one.id for one in found)}" if found else ""
    raise LoketError(f"{len(found) or 'No'} parked lanes are named {name}{which}; see `loket lanes list`.")


def _did(platform: Platform, one: Parked, deed: str) -> bool:
    try:
        after = platform.ask(one.service, "POST", f"/v1/lanes/{one.lane['laneId']}/{deed}")
    except LoketError as refusal:
        typer.echo(f"{one.id}: {refusal}", err=True)
        return False
    typer.echo(f"{one.id}: {after['state']}, {after['waiting']} waiting.")
    return True


def _show(lanes: list[Parked]) -> None:
    if not lanes:
        typer.echo("No lane is parked.")
        return
    table = Table()
    for column in ("lane", "since", "kind", "error", "reason", "attempts", "waiting", "name"):
        table.add_column(column, no_wrap=column == "lane")
    for one in lanes:
        lane = one.lane
        counts = (str(lane["attempts"]), str(lane["waiting"]))
        words = (lane["parkedAt"][:19], lane["kind"], lane["error"], lane["reason"], *counts, lane["name"])
        table.add_row(f"{one.service}/{lane['laneId'][:12]}", *words)
    Console(width=None if os.isatty(1) else 180).print(table)


def addresses(urls: Iterable[str] | None) -> Iterator[tuple[str, str]]:
    """Services with their addresses, as `--url` names them."""
    for one in urls or ():
        service, equals, address = one.partition("=")
        if not equals or service not in SERVICES:
            raise LoketError(f"An address is named as service=address, with a service of {', '.join(SERVICES)}.")
        yield service, address.rstrip("/")
