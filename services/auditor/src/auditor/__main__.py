"""The auditor as a program of its own, as its image runs it; on one machine `loket audit` starts the same."""

import argparse
import logging
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from prometheus_client import start_http_server

from auditor.asking import Asking
from auditor.audit import Auditor
from auditor.kafka import Kafka
from auditor.policy import retried
from auditor.reach import SERVICES
from auditor.rounds import run
from auditor.telling import measure, tell
from auditor.web import NoAnswer, Services
from common.clock import SystemClock
from common.environment import read
from common.kafka_security import KafkaSettings

GRACE = 120.0
TOKEN = Path("/run/secrets/token")


def start(auditor: Auditor, *, every: float | None, metrics: tuple[str, int] | None, as_json: bool) -> int:
    """Look, tell and measure; the status to end with."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says in many lines is said in one at the end
    if metrics is not None:
        start_http_server(metrics[1], metrics[0])

    async def look() -> int:
        outcome = await auditor.look()
        measure(outcome)
        tell(outcome, as_json=as_json)
        return outcome.status

    return run(look, every)


def token_in(path: Path) -> Callable[[], str]:
    """Reads a file at each question: whoever renews the token writes it anew."""

    def token() -> str:
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise NoAnswer(f"there is no token in {path}") from error

    return token


def parser() -> argparse.ArgumentParser:
    """Everything is an option but how Kafka is reached: KAFKA_… and TOPIC_PREFIX, as for the services."""
    asked = argparse.ArgumentParser(prog="auditor", description=__doc__)
    asked.add_argument("--grace", type=float, default=GRACE, help="seconds for which something may still be under way")
    asked.add_argument("--every", type=float, help="look again after so many seconds, until stopped")
    asked.add_argument("--metrics-port", type=int, help="show what was found as Prometheus metrics there")
    asked.add_argument("--metrics-host", default="127.0.0.1", help="the address to show them at")
    asked.add_argument("--json", action="store_true", help="one JSON object per look")
    asked.add_argument("--url", action="append", default=[], help="service=address; without it http://<service>")
    asked.add_argument("--metrics-url", action="append", default=[], help="service=address; without it http://<service>:9464/metrics")
    asked.add_argument("--token", type=Path, default=TOKEN, help="file with the access token")
    return asked


def main() -> int:
    """Audit the platform that the command line and the environment name."""
    given = parser().parse_args()
    addresses = {name: f"http://{name}" for name in SERVICES} | dict(one.split("=", 1) for one in given.url)
    shown = {name: f"http://{name}:9464/metrics" for name in SERVICES} | dict(one.split("=", 1) for one in given.metrics_url)
    region = Path(os.environ.get("REGION_PATH", "regions/south-limburg"))
    auditor = Auditor(
        Asking(Kafka(read(KafkaSettings)), Services(addresses, shown, token_in(given.token))),
        SystemClock(),
        partial(retried, region),
        timedelta(seconds=given.grace),
    )
    metrics = None if given.metrics_port is None else (given.metrics_host, given.metrics_port)
    return start(auditor, every=given.every, metrics=metrics, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
