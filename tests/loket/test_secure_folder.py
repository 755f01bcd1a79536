"""A folder keeps to what its Kafka was made with, and every service is told of Kafka what is its own to know."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from loket.embedded.java import find_java
from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.kafka_security import argument_file
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, Ports, StateFolder
from loket.supervisor.environment import service_environment

STRAY = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "of another Kafka", "KAFKA_CA_FILE": "/elsewhere/ca.crt"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(folder=tmp_path, region=tmp_path / "region", ports=Ports.from_base())


@pytest.fixture
def folder(layout: Layout) -> StateFolder:
    made = StateFolder(layout.folder)
    made.prepare(layout.region)
    return made


def formatted(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "formatted").write_text(text)
    return folder


def told_of_kafka(service: str, layout: Layout, folder: StateFolder) -> dict[str, str]:
    told = service_environment(service, layout, folder, STRAY)
    return {name: value for name, value in told.items() if name.startswith("KAFKA_")}


def test_a_kafka_made_without_secure_is_not_started_with_it(tmp_path: Path) -> None:
    kafka = EmbeddedKafka(formatted(tmp_path / "kafka", "Y2x1c3Rlcg"), admin_password=lambda: "secret")

    with pytest.raises(
        LoketError, match=r"was made without --secure and cannot be started with it: start it without --secure, .*loket reset"
    ):
        kafka.start()

    assert [path.name for path in kafka.folder.iterdir()] == ["formatted"]


def test_a_secure_kafka_is_not_started_open(tmp_path: Path) -> None:
    kafka = EmbeddedKafka(formatted(tmp_path / "kafka", "Y2x1c3Rlcg secure"))

    with pytest.raises(LoketError, match="was made with --secure and cannot be started without it: start it with --secure, "):
        kafka.start()

    assert [path.name for path in kafka.folder.iterdir()] == ["formatted"]


def test_secure_is_not_said_about_somebody_elses_kafka() -> None:
    with pytest.raises(LoketError, match="--secure is about the Kafka that loket runs itself"):
        Layout.read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9093"}, secure=True)


def test_on_a_secure_kafka_every_service_has_a_principal_and_a_password_of_its_own(layout: Layout, folder: StateFolder) -> None:
    formatted(folder.kafka, "Y2x1c3Rlcg secure")
    layout = replace(layout, topic_prefix="acc.")
    told = {service: told_of_kafka(service, layout, folder) for service in SERVICES}

    for service, environment in told.items():
        file = layout.folder / "secrets" / "kafka" / f"acc.{service}"
        assert environment == {
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:19092",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": f"acc.{service}",
            "KAFKA_SASL_PASSWORD": file.read_text(),
            "KAFKA_CA_FILE": str(folder.kafka / "tls" / "ca.crt"),
        }
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len({environment["KAFKA_SASL_PASSWORD"] for environment in told.values()}) == len(SERVICES)
    assert told == {service: told_of_kafka(service, layout, folder) for service in SERVICES}


def test_on_an_open_kafka_of_ours_words_about_another_do_not_count(layout: Layout, folder: StateFolder) -> None:
    formatted(folder.kafka, "Y2x1c3Rlcg")

    assert told_of_kafka("intake", layout, folder) == {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:19092"}


def test_how_somebody_elses_kafka_is_reached_is_the_callers_to_say(layout: Layout, folder: StateFolder) -> None:
    layout = replace(layout, kafka_bootstrap_servers="kafka:9093")

    assert told_of_kafka("intake", layout, folder) == STRAY | {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9093"}


def test_no_list_of_processes_shows_the_administrators_password_while_kafka_is_formatted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        told.extend([*command, Path(command[1].removeprefix("@")).read_text()])
        return subprocess.CompletedProcess(command, 1)

    kafka, java = EmbeddedKafka(tmp_path, admin_password=lambda: "a-password"), find_java()
    monkeypatch.setattr("loket.embedded.kafka.subprocess.run", run)

    with pytest.raises(LoketError, match="could not prepare its folder"):
        kafka._format(java, [])

    *command, arguments = told
    assert "password=a-password" in arguments
    assert not any("a-password" in word for word in command)


def test_what_java_is_told_with_a_password_in_it_is_for_nobody_else_to_read_and_gone_afterwards(tmp_path: Path) -> None:
    with argument_file(tmp_path, ["format", 'SCRAM-SHA-512=[name="admin",password=secret]', "a\\b"]) as path:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().splitlines() == ['"format"', '"SCRAM-SHA-512=[name=\\"admin\\",password=secret]"', '"a\\\\b"']

    assert not path.exists()


def test_what_the_environment_says_wins_but_over_what_wires_the_platform_together(layout: Layout, folder: StateFolder) -> None:
    said = {"SMTP_DEDUPLICATES": "false", "SMTP_CONNECTIONS": "3", "SMTP_PORT": "1", "PORT": "1", "CLOCK_FILE": "/elsewhere"}
    told = service_environment("notifications", layout, folder, said)

    assert (told["SMTP_DEDUPLICATES"], told["SMTP_CONNECTIONS"]) == ("false", "3")
    assert said.items() & told.items() == {("SMTP_DEDUPLICATES", "false"), ("SMTP_CONNECTIONS", "3")}
    assert service_environment("notifications", layout, folder, {})["SMTP_DEDUPLICATES"] == "true"
