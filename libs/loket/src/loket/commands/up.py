"""`loket up`: the platform on this machine until Ctrl-C."""

import os
import time
from contextlib import suppress
from typing import Annotated

import typer

from loket.running import running_platform
from loket.supervisor import SERVICES, Layout

PortBase = Annotated[
    int | None,
    typer.Option(
        help="Moves all ports together; 8100 gives 8101 to 8105, 8111 to 8114, 8025 and 19092.", show_default="LOKET_PORT_BASE, else 8100"
    ),
]


Secure = Annotated[
    bool, typer.Option("--secure", help="Kafka with TLS, a user per service and only the rights that the code names; keeps to its folder.")
]


Brokers = Annotated[int, typer.Option(help="Brokers of Kafka: 1, or 3 of which one may die; keeps to its folder.")]


GiveUp = Annotated[
    bool, typer.Option("--give-up", help="Stop everything, with status 1, when a part keeps ending; else it rests ever longer.")
]


def up(port_base: PortBase = None, secure: Secure = False, brokers: Brokers = 1, give_up: GiveUp = False) -> None:
    """Start Kafka, the mailbox and the four services, and keep them running until Ctrl-C."""
    layout = Layout.read(os.environ, port_base, secure=secure, brokers=brokers)
    with suppress(KeyboardInterrupt), running_platform(layout, typer.echo, give_up=give_up) as supervisor:
        typer.echo(banner(layout))
        while True:
            supervisor.tend()
            time.sleep(0.2)
    typer.echo("Stopped.")


def banner(layout: Layout) -> str:
    """What it runs on and where to look."""
    nodes = "one node" if layout.brokers == 1 else f"{layout.brokers} brokers"
    kafka = "as KAFKA_BOOTSTRAP_SERVERS says" if layout.kafka_bootstrap_servers else f"a real Apache Kafka of {nodes}, run by loket"
    kafka += ", with TLS and a user per service" if layout.secure else ""
    store = "MongoDB, as MONGO_URL says" if layout.mongo_url else f"SQLite under {layout.folder / 'stores'}"
    services = [f"  {name:<14} {layout.address(name)}/docs   metrics {layout.metrics_address(name)}" for name in SERVICES]
    lines = [
        "",
        "Loket runs.",
        f"  Kafka          {layout.bootstrap} ({kafka})",
        f"  stores         {store}",
        *services,
        f"  mailbox        {layout.address('mailbox')}/mailbox",
        f"  logs           {layout.folder / 'logs'}",
        "  tokens         .venv/bin/python -m loket token --role ops   (or desk, case-worker, analyst, partner)",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)
