"""`loket audit` asks the platform of this machine, as an auditor and no more."""

from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from auditor.audit import Auditor
from auditor.reach import NAME, SERVICES, TOPICS
from common.access.issuing import Grant
from common.access.scopes import ROLES
from common.events.catalogue import EVENTS
from loket.__main__ import app
from loket.commands import audit
from loket.supervisor import SERVICES as OF_THE_PLATFORM
from loket.supervisor import Layout, StateFolder
from loket.supervisor.kafka_login import settings_of_kafka
from loket.tokens import machine_token


def test_it_may_only_read() -> None:
    assert [scope for scope in ROLES[NAME] if not scope.endswith((":read", ":list"))] == []


def test_it_may_not_read_personal_data() -> None:
    assert not {"cases:read", "messages:read", "processing-records:read"} & set(ROLES[NAME])
    assert set(EVENTS) - set(TOPICS) == {"party.contact-changed"}


def test_it_knows_every_service() -> None:
    assert set(SERVICES) == set(OF_THE_PLATFORM)


def test_a_token_of_its_role_reaches_every_location_and_organisation(tmp_path: Path) -> None:
    token = machine_token(StateFolder(tmp_path), Grant(NAME))

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["locations"], claims["organisations"], claims["scope"]) == (["*"], ["*"], " ".join(ROLES[NAME]))


def test_on_another_kafka_it_is_who_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example.org:9093")
    monkeypatch.setenv("TOPIC_PREFIX", "acc.")

    settings = settings_of_kafka(NAME, Layout.read({"KAFKA_BOOTSTRAP_SERVERS": "kafka.example.org:9093"}), StateFolder(tmp_path))

    assert (settings.kafka_bootstrap_servers, settings.topic_prefix) == ("kafka.example.org:9093", "acc.")


def test_options_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    def start(auditor: Auditor, **more: object) -> int:
        told.append((auditor.grace.total_seconds(), more))
        return 1

    monkeypatch.setattr(audit, "start", start)

    done = CliRunner().invoke(
        app, ["audit", "--grace", "5", "--every", "60", "--metrics-port", "9464", "--metrics-host", "0.0.0.0", "--json"]
    )

    assert done.exit_code == 1
    assert told == [(5, {"every": 60, "metrics": ("0.0.0.0", 9464), "as_json": True})]
