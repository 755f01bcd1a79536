"""`loket acl`: who may do what on Kafka, shown or given."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from common.settings import ServiceSettings
from loket.contracts.access import Right, principals, rights
from loket.contracts.services import describe
from loket.granting import Granting
from loket.supervisor import Layout, StateFolder
from loket.supervisor.folder import password_in
from loket.supervisor.kafka_login import administrator
from loket.supervisor.layout import find_root

Apply = Annotated[
    bool, typer.Option("--apply", help="Give Kafka these rights and take away others that the services have; as administrator.")
]
Passwords = Annotated[
    Path | None,
    typer.Option(
        help="With --apply: also make the users, each with the password that lies in this folder under its name (made if missing)."
    ),
]


def acl(apply: Apply = False, passwords: Passwords = None) -> None:
    """Show what each service may do on Kafka, from what it tells and hears; nothing else is allowed."""
    layout = Layout.read(os.environ)
    region: Path = ServiceSettings.model_fields["region_path"].default
    platform = describe(find_root(Path.cwd()) / region)
    names, wanted = principals(platform, layout.topic_prefix), rights(platform, layout.topic_prefix)
    if not apply:
        Console(width=None if os.isatty(1) else 130).print(_table(wanted))
        return
    granting = Granting(layout.bootstrap, administrator(layout, StateFolder(layout.folder)))
    if passwords is not None:
        granting.users({name: password_in(passwords, name) for name in names})
        typer.echo(f"{len(names)} users, with the passwords under {passwords}.")
    changed = granting.rights(names, wanted)
    typer.echo(f"{len(wanted)} resources for {len(names)} principals: {changed.given} rights given, {changed.taken} taken away.")


def _table(wanted: tuple[Right, ...]) -> Table:
    table = Table()
    for column in ("principal", "kind", "resource", "may"):
        table.add_column(column, no_wrap=True)
    for right in wanted:
        table.add_row(right.principal, right.kind, right.name, ", ".join(right.operations))
    return table
