"""Broken builds about outages and about one partner, each seen to break what it says."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import common.web
import intake.handlers
from chaos.broken import partners
from chaos.broken.builds import APPLIED, BUILDS
from chaos.driver.hostile import HOSTILE
from common.breaker import Breaker, Stopped
from common.connection import Connection
from common.overload import Overload
from common.pairing import Pairing
from common.service import Service

LIMIT = 4


def test_keeps_nothing(breaking: Any) -> None:
    breaking("keeps-nothing")

    assert os.environ["OUTBOX_KEEP_SECONDS"] == "0"


class FakeClock:
    """Stands still."""

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC)


class FakeLanes:
    """So many lanes of one partner."""

    _by_submitter = Counter({HOSTILE: LIMIT})

    def parked_of(self, submitter: str) -> int:
        return self._by_submitter[submitter]


class FakeRelay:
    """Nothing is late."""

    def oldest_by_submitter(self) -> dict[str, datetime]:
        return {}


async def test_does_not_compare(breaking: Any) -> None:
    breaking("does-not-compare")

    assert await Pairing.disagreement(None, None) is None  # type: ignore[arg-type]


def test_the_bug_hits_one_partner_until_it_is_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(partners.CALM, str(tmp_path / "calm"))
    monkeypatch.setattr(intake.handlers, "take_screening", lambda case: case)
    APPLIED["bug-for-one-partner"](monkeypatch)
    theirs, other = SimpleNamespace(partner_id=HOSTILE), SimpleNamespace(partner_id="other")

    with pytest.raises(OverflowError):
        intake.handlers.take_screening(theirs)  # type: ignore[call-arg, arg-type]
    assert intake.handlers.take_screening(other) is other  # type: ignore[call-arg, arg-type]
    (tmp_path / "calm").touch()
    assert intake.handlers.take_screening(theirs) is theirs  # type: ignore[call-arg, arg-type]
    assert "bug-for-one-partner" not in BUILDS


def test_breaker_counts_whoever_sent(breaking: Any) -> None:
    def parked() -> Breaker:
        breaker = Breaker(LIMIT, FakeClock())
        for _ in range(2 * LIMIT):
            breaker.count(HOSTILE)
        return breaker

    assert not parked().open
    breaking("breaker-counts-whoever-sent")
    with pytest.raises(Stopped):
        parked()


def test_all_wait_for_one(breaking: Any) -> None:
    overload = Overload(FakeRelay(), FakeLanes(), FakeClock(), 60, LIMIT)

    assert overload.wait("other") is None
    breaking("all-wait-for-one")
    assert overload.wait("other") is not None


def test_cut_off_unsaid(breaking: Any) -> None:
    assert not Connection().connected(0.0)
    breaking("cut-off-unsaid")
    assert Connection().connected(0.0)


def test_liveness_by_readiness(breaking: Any) -> None:
    breaking("liveness-by-readiness")

    assert common.web.stuck(SimpleNamespace(ready=lambda: "Kafka does not answer"))  # type: ignore[arg-type]
    assert not common.web.stuck(SimpleNamespace(ready=lambda: None))  # type: ignore[arg-type]


def test_intake_unready_without_kafka(breaking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "ready", lambda self: None)
    breaking("intake-unready-without-kafka")

    def asked(name: str) -> str | None:
        service = SimpleNamespace(blueprint=SimpleNamespace(name=name), _why_not_consuming=lambda: "Kafka does not answer")
        return Service.ready(service)  # type: ignore[arg-type]

    assert (asked("intake"), asked("reporting")) == ("Kafka does not answer", None)
