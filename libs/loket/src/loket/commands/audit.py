"""`loket audit`: count the platform from outside, and name what does not add up."""

import os
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from auditor.__main__ import GRACE, start
from auditor.asking import Asking
from auditor.audit import Auditor
from auditor.kafka import Kafka
from auditor.policy import retried
from auditor.reach import NAME
from auditor.web import Services
from common.access.issuing import Grant
from common.clock import clock_of
from loket.commands.lanes import Url, addresses
from loket.supervisor import SERVICES, Layout, StateFolder
from loket.supervisor.kafka_login import settings_of_kafka
from loket.tokens import machine_token

MetricsUrl = Annotated[
    list[str] | None, typer.Option("--metrics-url", help="service=address of its metrics.", show_default="those of this machine")
]
Token = Annotated[str | None, typer.Option(help="Token of an auditor there.", show_default="one made for this machine")]


def audit(
    grace: Annotated[float, typer.Option(help="Seconds for which something may still be under way.", min=0)] = GRACE,
    every: Annotated[float | None, typer.Option(help="Look again after so many seconds, until stopped.", show_default="once")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Show what was found as Prometheus metrics there.", show_default="not")] = None,
    metrics_host: Annotated[str, typer.Option(help="The address to show them at.")] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per look.")] = False,
    url: Url = None,
    metrics_url: MetricsUrl = None,
    token: Token = None,
) -> None:
    """Compare cases, visits, letters, numbers, timelines, day lists, figures and gauges with the log.

    Status 0: all adds up; 1: something does not; 2: somebody could not be asked. It needs a token of the role auditor, and of Kafka's
    topics all but the one with personal data. `loket rebuild reporting` compares every figure.
    """
    layout = Layout.read(os.environ)
    folder = StateFolder(layout.folder)
    urls = {name: layout.address(name) for name in SERVICES} | dict(addresses(url))
    shown = {name: layout.metrics_address(name) for name in SERVICES} | dict(addresses(metrics_url))
    services = Services(urls, shown, lambda: token or machine_token(folder, Grant(NAME)))
    auditor = Auditor(
        Asking(Kafka(settings_of_kafka(NAME, layout, folder)), services),
        clock_of(folder.clock, os.environ.get("ENVIRONMENT", "local")),
        partial(retried, layout.region),
        timedelta(seconds=grace),
    )
    metrics = None if metrics_port is None else (metrics_host, metrics_port)
    raise typer.Exit(start(auditor, every=every, metrics=metrics, as_json=as_json))
