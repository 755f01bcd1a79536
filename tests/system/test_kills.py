"""A part of the month is played while services are killed; what came of it is the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from free_base import free_base

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(280)]
SERVICES = ("intake", "scheduling", "notifications", "reporting")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A small month on ports and a folder of its own."""
    base = str(free_base())
    environment = os.environ | {"LOKET_FOLDER": str(tmp_path / "loket"), "LOKET_PORT_BASE": base, "LOG_LEVEL": "warning"}
    environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    command = [sys.executable, "-m", "loket", "demo", "--once", "--share", "0.04"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def test_each_service_is_killed_while_the_story_runs_and_every_expectation_holds(demo: subprocess.Popen[str]) -> None:
    wait_for_services(demo)
    killed = []

    for service in SERVICES:
        time.sleep(3)
        if demo.poll() is None and (pid := process_of(demo, service)):
            os.kill(pid, signal.SIGKILL)
            killed.append(service)
    output, _ = demo.communicate(timeout=240)

    assert len(killed) == len(SERVICES), output
    assert "Every expectation held." in output, output
    assert demo.returncode == 0


def wait_for_services(demo: subprocess.Popen[str]) -> None:
    """Until the story has begun."""
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "submissions from" in line:
            return
    raise AssertionError("The story did not begin: " + "".join(said))


def process_of(demo: subprocess.Popen[str], service: str) -> int | None:
    """The process of a service among the children of the demo."""
    for children in Path(f"/proc/{demo.pid}/task").glob("*/children"):
        for pid in children.read_text().split():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if service.encode() in command:
                return int(pid)
    return None
