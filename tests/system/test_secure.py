"""`loket up --secure` as a person starts it: a case handed in becomes letters, and reporting recounts it from the log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import orjson
import pytest
from free_base import free_base
from standardwebhooks import Webhook
from whole_platform import registration, sources

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(200)]
PARTNER = "municipality-portal"


class Up(NamedTuple):
    """A platform that runs, with the environment in which other commands find it."""

    environment: dict[str, str]
    folder: Path
    base: int

    def address(self, place: int) -> str:
        return f"http://127.0.0.1:{self.base + place}"

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "loket", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    base, folder = free_base(), tmp_path / "loket"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    environment |= {"LOKET_FOLDER": str(folder), "LOKET_PORT_BASE": str(base), "LOG_LEVEL": "warning", "REFRESH_SECONDS": "1"}
    command = [sys.executable, "-u", "-m", "loket", "up", "--secure"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = []
            while not said or "Ctrl-C" not in said[-1]:
                said.append(process.stdout.readline())
                assert said[-1], "".join(said)
            assert "with TLS and a user per service" in "".join(said)
            yield Up(environment, folder, base)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
    assert process.returncode == 0


def test_a_case_comes_to_its_letters_on_a_secure_kafka_and_is_recounted_from_the_log(up: Up) -> None:
    hand_in(up)
    eventually(lambda: len(letters(up)) == 2)  # the receipt, by intake's word; the invitation, by scheduling's

    recounted = up.run("rebuild", "reporting")
    assert recounted.returncode == 0, recounted.stdout + recounted.stderr
    assert "0 facts" not in recounted.stdout
    given = up.run("acl", "--apply")
    assert given.stdout.endswith(": 0 rights given, 0 taken away.\n"), given.stdout + given.stderr


def hand_in(up: Up) -> None:
    """A partner's signed event."""
    id_, now = str(uuid4()), datetime.now(UTC)  # noqa: TID251 - the platform under test runs with the machine's clock
    data = registration(notBefore=now.date().isoformat())
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": sources()[PARTNER],
        "type": "nl.arbeidsmarktdiensten.case-submitted.v1",
        "data": data,
    }
    body, secret = orjson.dumps(event), (up.folder / "secrets" / "partners" / PARTNER).read_text().split()[0]
    headers = {
        "content-type": "application/cloudevents+json",
        "loket-partner": PARTNER,
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, now, body.decode()),
    }
    answer = httpx.post(f"{up.address(1)}/v1/events", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text


def letters(up: Up) -> list[dict[str, Any]]:
    """What the mailbox of the platform was sent for the household."""
    found: list[dict[str, Any]] = httpx.get(f"{up.address(5)}/mailbox.json?to=a.example@example.org", trust_env=False).json()["mails"]
    return found


def eventually(holds: Callable[[], Any], within: float = 40) -> Any:
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline, f"It has not come to pass within {within:.0f} s."
        time.sleep(0.2)
    return found
