"""A service in a process of its own, without a Kafka, as `loket up` would start it."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from common.testing.issuer import issuer_settings
from loket.embedded.child import Child, free_port, start_child

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"
PARTNER = "municipality-portal"
STOP_SECONDS = 60


class Running(NamedTuple):
    port: int
    metrics_port: int
    child: Child

    @property
    def pid(self) -> int:
        return self.child.popen.pid


@contextmanager
def one_service(name: str, folder: Path, answers: str = "/health/started", program: Sequence[str] = (), **told: str) -> Iterator[Running]:
    """Returns when it answers one path with 200; `program` runs in place of its own, `told` is what its environment says beside."""
    (folder / "partners").mkdir()
    (folder / "partners" / PARTNER).write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    port, metrics_port = free_port(), free_port()
    own = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "METRICS_PORT": str(metrics_port),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "LOG_LEVEL": "error",
        "SQLITE_PATH": str(folder / f"{name}.sqlite"),
        "REGION_PATH": str(REGION),
        "PARTNER_SECRETS_PATH": str(folder / "partners"),
        **{name.upper(): value for name, value in issuer_settings().items()},
    }
    child = start_child(name, [sys.executable, "-P", *(program or ("-m", name))], folder / f"{name}.log", {**os.environ, **own, **told})
    try:
        _await_answer(child, port, answers)
        yield Running(port, metrics_port, child)
    finally:
        child.stop(STOP_SECONDS)


def _await_answer(child: Child, port: int, path: str) -> None:
    for _ in range(600):
        assert child.alive, child.tail()
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(child.tail())
