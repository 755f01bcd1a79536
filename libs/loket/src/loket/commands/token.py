"""`loket token`: an access token for somebody of this machine's platform, for `curl -H "Authorization: Bearer $(…)"`."""

import os
from typing import Annotated

import typer

from common.access.issuing import LONGEST, Grant
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, StateFolder
from loket.tokens import HOURS, machine_token

Role = Annotated[str, typer.Option(help="partner, desk, case-worker, analyst, privacy-officer, auditor or ops.")]
Names = Annotated[list[str] | None, typer.Option(show_default="all")]
Hours = Annotated[float, typer.Option(min=0.01, max=LONGEST, help="How long it is good, by the platform's clock.")]
Service = Annotated[str | None, typer.Option(help="Good at this service only.")]


def token(
    role: Role,
    location: Names = None,
    organisation: Names = None,
    partner: str | None = None,
    hours: Hours = HOURS,
    service: Service = None,
) -> None:
    """Print an access token, signed with a key under .loket/ that is made at first use."""
    if service is not None and service not in SERVICES:
        raise LoketError(f"There is no service {service}: one of {', '.join(SERVICES)}.")
    grant = Grant(role, partner=partner, locations=tuple(location or ()), organisations=tuple(organisation or ()))
    try:
        typer.echo(machine_token(StateFolder(Layout.read(os.environ).folder), grant.only_for(service), hours))
    except ValueError as error:
        raise LoketError(str(error)) from error
