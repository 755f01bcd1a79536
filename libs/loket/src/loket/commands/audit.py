"""`loket audit`: count the platform from outside, and name what does not add up."""

import asyncio
import json
import logging
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from prometheus_client import Gauge, start_http_server

from common.clock import clock_of
from common.environment import read
from common.kafka_security import KafkaSettings
from loket.audit.asking import Asking
from loket.audit.checks import CHECKS, Asked
from loket.commands.lanes import Token, Url, addresses
from loket.supervisor import Layout, StateFolder

FINDINGS = Gauge("loket_audit_findings", "Things that do not add up.", ["check"])
RECORDS = Gauge("loket_audit_records", "Records of the log that were counted.")
SUCCESS = Gauge("loket_audit_last_success_timestamp_seconds", "When everybody could last be asked.")


def audit(
    grace: Annotated[float, typer.Option(help="Seconds for which something may still be under way.", min=0)] = 120,
    every: Annotated[float | None, typer.Option(help="Look again after so many seconds, until stopped.", show_default="once")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Show what was found as Prometheus metrics there.", show_default="not")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per look.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Compare cases, visits, letters, numbers, timelines and gauges with the log.

    Status 0: all adds up; 1: something does not; 2: somebody could not be asked.
    It needs the token of a case worker (cases and timelines), and of Kafka's topics all but the one with personal data. `loket rebuild
    reporting` compares every figure.
    """
    if metrics_port is not None:
        start_http_server(metrics_port, "127.0.0.1")
    while True:
        status = asyncio.run(_look(timedelta(seconds=grace), dict(addresses(url)), token, as_json=as_json))
        if every is None:
            raise typer.Exit(status)
        time.sleep(every)


async def _look(grace: timedelta, urls: dict[str, str], token: str | None, *, as_json: bool) -> int:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says in many lines is said in one at the end
    layout = Layout.read(os.environ)
    kafka = read(KafkaSettings) if "KAFKA_BOOTSTRAP_SERVERS" in os.environ else KafkaSettings(kafka_bootstrap_servers=layout.bootstrap)
    asking = Asking(layout, kafka, urls, token)
    fold = await asking.log()
    answers = await asking.answers(fold)
    now = clock_of(StateFolder(layout.folder).clock, os.environ.get("ENVIRONMENT", "local")).now()
    asked = Asked(fold, answers, now, grace)
    found = {name: check(asked) for name, check in CHECKS.items()}
    _tell(found, asking.silent, fold.records, as_json=as_json)
    return 2 if asking.silent else int(any(found.values()))


def _tell(found: dict[str, list[str]], silent: list[str], records: int, *, as_json: bool) -> None:
    RECORDS.set(records)
    for name, sentences in found.items():
        FINDINGS.labels(name).set(len(sentences))
    if not silent:
        SUCCESS.set(datetime.now(UTC).timestamp())  # noqa: TID251 - what Prometheus compares with its own time
    if as_json:
        told: dict[str, Any] = {"records": records, "findings": found, "notAsked": silent}
        typer.echo(json.dumps(told))
    else:
        _print(found, silent, records)


def _print(found: dict[str, list[str]], silent: list[str], records: int) -> None:
    fine = "unsure" if silent else "ok"
    for name, sentences in found.items():
        typer.echo(f"{'FOUND' if sentences else fine:<7}{name.replace('_', ' ')}")
        for sentence in sentences:
            typer.echo(f"       {sentence}")
    for sentence in silent:
        typer.echo(f"not asked: {sentence}", err=True)
    typer.echo(f"{records} records of the log were counted.")
