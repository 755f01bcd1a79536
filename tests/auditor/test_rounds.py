"""Looking again and again: it ends when told to, and one look that fails is not the last."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.__main__ import token_in
from auditor.policy import retried
from auditor.reach import SERVICES
from auditor.rounds import rounds
from auditor.web import NoAnswer
from loket.embedded.child import free_port

ROOT = Path(__file__).parents[2]


async def test_one_look_ends_with_its_status() -> None:
    async def look() -> int:
        return 1

    assert await rounds(look, None, asyncio.Event()) == 1


async def test_a_look_that_fails_is_named_without_its_words_and_the_next_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    stop, looks = asyncio.Event(), []

    async def look() -> int:
        looks.append(len(looks))
        if len(looks) == 3:
            stop.set()
        raise LookupError("secret words")

    assert await rounds(look, 0.001, stop) == 0
    assert looks == [0, 1, 2]
    assert capsys.readouterr().err == "not asked: this look failed with LookupError\n" * 3


async def test_a_look_under_way_is_dropped_also_when_it_does_not_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.rounds.STOPPING", 0.01)
    stop, dropped, let_go = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def look() -> int:
        asyncio.get_running_loop().call_soon(stop.set)
        try:
            await asyncio.Event().wait()
        finally:
            dropped.set()
            await let_go.wait()
        return 1

    assert await rounds(look, 60, stop) == 0
    assert dropped.is_set()
    let_go.set()


def test_the_program_ends_with_0_when_told_to_stop(tmp_path: Path) -> None:
    """Also while Kafka and services do not answer; what it says by then names them."""
    told = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}", "REGION_PATH": str(ROOT / "regions/south-limburg")}
    (tmp_path / "token").write_text("a-token")
    urls = [f"--url={name}=http://127.0.0.1:{free_port()}" for name in SERVICES]
    command = [sys.executable, "-m", "auditor", "--every", "3600", f"--token={tmp_path / 'token'}", *urls]
    started = [
        subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in (signal.SIGTERM, signal.SIGINT)
    ]
    for process, number in zip(started, (signal.SIGTERM, signal.SIGINT), strict=True):
        with process:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.send_signal(number)
            rest, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert first == "unsure every case is told\n"
        assert "Traceback" not in rest + errors


def test_letters_are_tried_again_for_as_long_as_the_regions_policy_says(tmp_path: Path) -> None:
    (tmp_path / "notifications").mkdir()
    (tmp_path / "notifications/policy.yaml").write_text("{retry_after_seconds: [5, 55], lease_seconds: 100}")

    assert retried(tmp_path).total_seconds() == 360
    assert retried(ROOT / "regions/south-limburg").total_seconds() == 28_835
    with pytest.raises(ValueError, match=r"cannot be read from .*nowhere"):
        retried(tmp_path / "nowhere")


def test_a_token_is_read_anew_each_time(tmp_path: Path) -> None:
    token = token_in(tmp_path / "token")

    with pytest.raises(NoAnswer, match="there is no token"):
        token()
    for words in ("one", "another"):
        (tmp_path / "token").write_text(f"{words}\n")
        assert token() == words
