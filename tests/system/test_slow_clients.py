"""Clients that only keep the line busy, by the thousand: the service answers the others all the while, and hangs up on them."""

import json
import os
import resource
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.intake.bench import KEY, event, person, signed
from tests.system.memory_limit import kills, memory_limit
from tests.system.one_service import PARTNER, Running, one_service

LONG = os.environ.get("LOKET_TEST_LONG") == "1"
IDLE, SLOW, ASKED = (10_000, 1_000, 300) if LONG else (2_000, 200, 100)
PATIENCE, RESPONSIVE = (30, 2.0) if LONG else (8, 1.5)
FROM = ("127.0.0.2", 0) if sys.platform == "linux" else None
"""Thousands of connections take as many ports: not those of the address at which other tests start their servers."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Running]:
    """It takes cases without a Kafka."""
    with one_service("intake", tmp_path, "/health/ready", OUTBOX_LIMIT_SECONDS="600", REQUEST_SECONDS=str(PATIENCE)) as running:
        yield running


def connected(port: int, stack: ExitStack, count: int) -> list[socket.socket]:
    made = []
    for _ in range(count):
        line = socket.create_connection(("127.0.0.1", port), 30, FROM)
        stack.callback(line.close)
        made.append(line)
    return made


def dribble(lines: list[socket.socket]) -> int:
    """One more byte on every line that is still up; how many are."""
    up = 0
    for line in lines:
        try:
            line.send(b"x")
            up += 1
        except OSError:
            continue
    return up


def hung_up(lines: list[socket.socket], within: float) -> int:
    """On how many lines the other side hangs up within so many seconds."""
    waiting, deadline, gone = selectors.DefaultSelector(), time.monotonic() + within, 0
    for line in lines:
        line.setblocking(False)
        waiting.register(line, selectors.EVENT_READ)
    while waiting.get_map() and time.monotonic() < deadline:
        for key, _ in waiting.select(0.2):
            waiting.unregister(key.fileobj)
            gone += 1
    waiting.close()
    return gone


WITHHELD = 900
BODY = 255 * 1024
ROOM_FOR_BODIES = 70 * 1024
"""KiB that a service may grow by at most: twice the 32 MiB that may be under way, and some."""
POD = 256 * 1024 * 1024
"""Bytes that the pod of intake may have (`deploy/k8s/base/intake.yaml`)."""


def most_memory(pid: int) -> int:
    """The most KiB of memory that a process has had."""
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))


def withheld(number: int, line: socket.socket) -> bool:
    """A request whose last KB does not come, with headers that a partner could have sent; whether the line took it."""
    claimed = signed(b"", str(number), PARTNER, datetime.now(UTC), KEY)  # noqa: TID251
    lines = [
        "POST /v1/events HTTP/1.1",
        "host: x",
        f"content-length: {BODY + 1024}",
        *(f"{name}: {value}" for name, value in claimed.items()),
    ]
    try:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + b"x" * BODY)
    except OSError:
        return False
    return True


def hand_in(client: httpx.Client, number: int) -> float:
    """Seconds until a signed case has its 202."""
    data = {
        "caseType": "brp_first_registration",
        "purpose": "eu_work",
        "municipalityCode": "GM0935",
        "language": "en",
        "channel": "web",
        "initiatorRole": "client",
        "stayMonths": 24,
        "contact": {"name": "A. Example", "email": "a.example@example.org"},
        "persons": [person(group="eu_eea_ch", documents=("passport", "tenancy"))],
        "formalities": [{"product": "brp_first_registration", "persons": [1]}],
    }
    body = json.dumps(event(data, str(number), partner=PARTNER)).encode()
    headers = {"content-type": "application/cloudevents+json", **signed(body, str(number), PARTNER, datetime.now(UTC), KEY)}  # noqa: TID251
    began = time.monotonic()
    answer = client.post("/v1/events", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return time.monotonic() - began


def test_idle_and_slow_clients_do_not_keep_others_waiting_and_are_hung_up_on(intake: Running) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + SLOW + 500:
        pytest.skip(f"this machine allows {hard} open files, and {IDLE + SLOW} connections are wanted")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, IDLE + SLOW + 500)), hard))
    with ExitStack() as stack, httpx.Client(base_url=f"http://127.0.0.1:{intake.port}", timeout=30, trust_env=False) as client:
        idle, slow = connected(intake.port, stack, IDLE), connected(intake.port, stack, SLOW)
        heads = b"POST /v1/events HTTP/1.1\r\nhost: x\r\nx-slow: "
        bodies = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n{"
        refused_early = b"POST /v1/cases HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n{"
        for number, line in enumerate(slow):
            line.sendall((heads, bodies, refused_early)[number % 3])

        seconds = []
        for number in range(ASKED):
            seconds.append(hand_in(client, number))
            if number % 10 == 0:
                dribble(slow)
        assert sorted(seconds)[int(ASKED * 0.9)] < RESPONSIVE
        assert client.get("/health/live").status_code == 200

        deadline = time.monotonic() + PATIENCE * 2 + 5
        while dribble(slow) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert dribble(slow) == 0
        assert hung_up(idle, PATIENCE * 2 + 5) == IDLE
        assert hand_in(client, ASKED) < RESPONSIVE


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")
def test_bodies_that_are_withheld_take_up_bounded_memory_and_no_other_is_kept_out(intake: Running) -> None:
    with ExitStack() as stack, httpx.Client(base_url=f"http://127.0.0.1:{intake.port}", timeout=30, trust_env=False) as client:
        hand_in(client, 0)
        before = most_memory(intake.pid)
        events = stack.enter_context(memory_limit(intake.pid, POD - before * 1024))  # what it has already stays with the group it was in
        for number, line in enumerate(connected(intake.port, stack, WITHHELD)):
            withheld(number, line)
            if number % 100 == 0:
                hand_in(client, number + 1)
        hand_in(client, WITHHELD)

        assert most_memory(intake.pid) - before < ROOM_FOR_BODIES
        assert "loket_http_gave_way_total 0.0" not in httpx.get(f"http://127.0.0.1:{intake.metrics_port}/metrics", trust_env=False).text
        if events is None:
            pytest.skip("growth was measured, and held; no control group can be made here to limit it")
        assert kills(events) == 0


def test_a_head_without_end_is_hung_up_on(intake: Running) -> None:
    with ExitStack() as stack:
        [line] = connected(intake.port, stack, 1)
        line.sendall(b"GET / HTTP/1.1\r\n")
        sent = 0
        with pytest.raises(OSError):  # noqa: PT011, PT012 - reset or broken pipe, as the machine has it
            while sent < 50_000_000:
                line.sendall(b"x-more: " + b"x" * 8000 + b"\r\n")
                sent += 8010

    assert sent < 20_000_000


def test_a_connection_that_asks_again_and_again_is_kept(intake: Running) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{intake.port}", timeout=30, trust_env=False) as client:
        ports = set()
        deadline = time.monotonic() + PATIENCE + 1
        while time.monotonic() < deadline:
            with client.stream("GET", "/health/live") as answer:
                ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
                answer.read()
            time.sleep(0.5)

    assert len(ports) == 1
