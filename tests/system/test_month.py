"""A part of the month on a secure Kafka, while services are killed: what came of it is the same, and is recounted from the log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from free_base import free_base

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(400)]
SERVICES = ("intake", "scheduling", "notifications", "reporting")
STAYS = "Ctrl-C stops it."
"""The last line of what it says when the story is over."""


class Demo(NamedTuple):
    """A platform that plays the story and then stays, with the environment in which other commands find it."""

    process: "subprocess.Popen[str]"
    environment: dict[str, str]

    def says(self, words: str) -> str:
        """What it says until a line with these words."""
        said = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said.append(line)
            if words in line:
                return "".join(said)
        raise AssertionError("".join(said))

    def process_of(self, service: str) -> int | None:
        """The process of a service among its children."""
        for children in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for pid in children.read_text().split():
                try:
                    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                except FileNotFoundError:
                    continue
                if service.encode() in command:
                    return int(pid)
        return None

    def run(self, *arguments: str) -> str:
        """What another command says, beside it."""
        command = [sys.executable, "-m", "loket", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """On ports and a folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    environment |= {"LOKET_FOLDER": str(tmp_path / "loket"), "LOKET_PORT_BASE": str(free_base()), "LOG_LEVEL": "warning"}
    command = [sys.executable, "-u", "-m", "loket", "demo", "--secure", "--share", "0.04"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Demo(process, environment)
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


def test_a_month_in_which_each_service_is_killed_comes_out_right_and_is_recounted(demo: Demo) -> None:
    demo.says("submissions from")

    for service in SERVICES:
        time.sleep(2)
        killed = demo.process_of(service)
        assert killed is not None, f"{service} does not run"
        os.kill(killed, signal.SIGKILL)

    said = demo.says(STAYS)
    assert "Every expectation held." in said, said
    assert "with TLS and a user per service" in said
    assert " 0 facts" not in demo.run("rebuild", "reporting")
    assert demo.run("acl", "--apply").endswith(": 0 rights given, 0 taken away.\n")
