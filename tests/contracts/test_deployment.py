"""Image and compose are held against the code: services, settings, ports, secrets, topics, versions."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifests import SECRET_FILES, SECRET_FILES_OF_KEEPERS, give_secrets

from common.provision import Provision
from common.settings import ServiceSettings
from common.topics import TOPICS
from loket.contracts.services import Described, Platform
from loket.contracts.settings_page import environment_names
from loket.contracts.strimzi import topics, users
from loket.supervisor import SERVICES

DELIVERED = (*SERVICES, "auditor")
PUBLIC_KEYS = "jwks.json"  # named by a setting, since it is looked at again and again
STANDS_ON = ("kafka", "mongo", "mail")
SECRETLY = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL")


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return said


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "Dockerfile").read_text()


def named(platform: Platform, name: str) -> Described:
    return next(service for service in platform if service.name == name)


every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_every_service_has_an_image_that_runs_it(dockerfile: str, compose: dict[str, Any], name: str) -> None:
    assert f'FROM service AS {name}\nCMD ["python", "-P", "-m", "{name}"]' in dockerfile
    assert compose["services"][name]["build"]["args"]["SERVICE"] == name
    assert name in compose["services"][name]["image"]


@every_service
def test_compose_sets_only_what_a_service_can_be_told(compose: dict[str, Any], platform: Platform, name: str) -> None:
    assert set(compose["services"][name]["environment"]) <= environment_names(named(platform, name).settings)


def test_the_image_sets_only_what_every_service_can_be_told(dockerfile: str) -> None:
    said = " ".join(line for line in dockerfile.replace("\\\n", " ").splitlines() if line.startswith(("ENV PATH=", "ENV HOST=")))
    ours = set(re.findall(r"([A-Z_]+)=", said)) - {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "HOME"}
    assert ours == {"HOST", "PORT", "METRICS_PORT", "REGION_PATH"}
    assert ours <= environment_names(ServiceSettings)


def test_the_auditor_has_an_image_without_any_service(dockerfile: str) -> None:
    stage = dockerfile.split("FROM runtime AS auditor")[1].split("FROM ", maxsplit=1)[0]
    assert 'CMD ["python", "-P", "-m", "auditor"]' in stage
    assert "COPY regions/${REGION}/notifications/policy.yaml /regions/${REGION}/notifications/policy.yaml" in stage
    assert "EXPOSE" not in stage


def test_the_auditor_is_locked_as_lean_as_what_all_services_share(root: Path) -> None:
    locked = {name: set(re.findall(r"^([\w.-]+==\S+)", (root / "locks" / f"{name}.txt").read_text(), re.MULTILINE)) for name in DELIVERED}
    shared = set.intersection(*(locked[name] for name in SERVICES))
    assert locked["auditor"] == shared


@every_service
def test_ports_are_those_that_the_image_listens_on(dockerfile: str, compose: dict[str, Any], name: str) -> None:
    ports = [re.search(rf" {setting}=(\d+)", dockerfile) for setting in ("PORT", "METRICS_PORT")]
    port, metrics = (found[1] for found in ports if found)
    assert f"EXPOSE {port} {metrics}" in dockerfile
    assert f"http://127.0.0.1:{port}/health/ready" in dockerfile
    assert [address.rsplit(":", 1)[1] for address in compose["services"][name]["ports"]] == [port, metrics]


def test_nobody_in_the_image_is_root_and_nothing_is_run_by_a_shell(dockerfile: str) -> None:
    runtime = dockerfile.split("AS runtime")[1]
    assert "USER 10001:10001" in runtime
    assert "RUN " not in runtime
    assert all(line.strip().startswith("CMD [") for line in runtime.splitlines() if line.strip().startswith("CMD"))


def test_what_others_wrote_is_installed_by_locks_with_hashes(dockerfile: str, root: Path) -> None:
    assert "uv pip sync --require-hashes --python /opt/loket/bin/python locks/${SERVICE}.txt" in dockerfile
    assert "--no-deps --build-constraints locks/dev.txt" in dockerfile
    assert all((root / "locks" / f"{name}.txt").exists() for name in SERVICES)


def test_uv_is_of_the_series_that_is_locked(dockerfile: str, root: Path) -> None:
    locked = re.search(r"^uv==(\d+\.\d+)\.", (root / "locks" / "uv.txt").read_text(), re.MULTILINE)
    assert locked is not None
    for text in (dockerfile, (root / "docker-compose.yml").read_text()):
        assert set(re.findall(r"astral-sh/uv:(\d+\.\d+)\.", text)) == {locked[1]}


def test_a_service_starts_after_topics_secrets_and_store(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        conditions = {on: said["condition"] for on, said in compose["services"][name]["depends_on"].items()}
        assert conditions == {
            "secrets": "service_completed_successfully",
            "topics": "service_completed_successfully",
            "mongo": "service_healthy",
        }


def test_topics_are_made_by_the_code_with_what_it_can_be_told(compose: dict[str, Any]) -> None:
    job = compose["services"]["topics"]
    assert job["command"][-2:] == ["-m", "common.provision"]
    assert {name.lower() for name in job["environment"]} <= set(Provision.model_fields)
    assert compose["services"]["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_no_secret_stands_in_compose(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        told = [key for key in service.get("environment", {}) if SECRETLY.search(key) and not key.endswith(("_FILE", "_PATH"))]
        assert told == [], name


def test_every_image_of_compose_can_be_replaced_and_has_a_version(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.fullmatch(r"\$\{[A-Z_]+:-[a-z0-9./-]+:v?\d[\w.]*(@sha256:[0-9a-f]{64})?\}", service["image"]), name


def test_images_of_others_are_named_by_their_digest(root: Path) -> None:
    rows = yaml.safe_load((root / "deploy" / "images.yaml").read_text())["images"]
    listed = {f"{row['name']}:{row['tag']}@{row['digest']}" for row in rows}
    named: set[str] = set()
    for path in (
        "docker-compose.yml",
        "Dockerfile",
        "tests/containers.py",
        *(f"deploy/k8s/overlays/local/{one}.yaml" for one in STANDS_ON),
    ):
        text = (root / path).read_text()
        for row in rows:
            named |= set(re.findall(rf"(?<![\w./]){re.escape(row['name'])}:[\w.@:-]+", text))
    assert named == listed
    others = {
        one["image"].partition(":-")[2].rstrip("}")
        for one in yaml.safe_load((root / "docker-compose.yml").read_text())["services"].values()
    }
    assert {one for one in others if not one.startswith("loket-")} <= listed


def test_ports_are_open_on_this_machine_only(compose: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for service in compose["services"].values() for port in service.get("ports", []))


def test_secrets_are_files_that_the_settings_know(platform: Platform, root: Path, tmp_path: Path) -> None:
    give_secrets(tmp_path, root)
    for service in platform:
        made = {path.name for path in (tmp_path / service.name).iterdir() if path.is_file()}
        assert made == (SECRET_FILES_OF_KEEPERS if "pseudonym_key" in service.settings.model_fields else SECRET_FILES)
        assert made - {PUBLIC_KEYS} <= set(service.settings.model_fields)


def test_secrets_are_random_kept_and_readable_by_their_owner_alone(root: Path, tmp_path: Path) -> None:
    give_secrets(tmp_path / "one", root)
    give_secrets(tmp_path / "two", root)
    before = contents(tmp_path / "one")
    give_secrets(tmp_path / "one", root)
    assert contents(tmp_path / "one") == before
    assert not set(before.values()) & set(contents(tmp_path / "two").values())
    assert {stat.S_IMODE((tmp_path / "one" / path).stat().st_mode) for path in before} == {0o400}


def test_every_partner_of_the_region_gets_a_secret(root: Path, tmp_path: Path) -> None:
    give_secrets(tmp_path, root)
    partners = yaml.safe_load((root / "regions/south-limburg/intake/partners.yaml").read_text())["partners"]
    assert {path.name for path in (tmp_path / "intake" / "partners").iterdir()} == {partner["id"] for partner in partners}


def test_strimzi_makes_every_topic_as_the_code_does() -> None:
    made = {one["metadata"]["name"]: one["spec"] for one in topics()}
    for topic in TOPICS:
        config = {name: str(value) for name, value in made[topic.name]["config"].items()}
        assert made[topic.name]["partitions"] == topic.partitions
        assert config.items() >= topic.config.items()
    assert set(made) == {topic.name for topic in TOPICS}


def test_a_user_may_write_what_its_service_tells_and_read_what_it_hears(platform: Platform) -> None:
    for user, service in zip(users(platform)[:-1], platform, strict=True):
        rules = [
            (rule["resource"]["type"], rule["resource"]["name"], operation)
            for rule in user["spec"]["authorization"]["acls"]
            for operation in rule["operations"]
            if operation != "Describe"
        ]
        own = {
            ("topic", event.topic, "Read") for event in service.tells if not event.personal
        }  # its store is compared with its last events
        written = {("topic", event.topic, "Write") for event in service.tells}
        expected = own | written | {("topic", event.topic, "Read") for event in service.hears}
        assert set(rules) == expected | {("group", service.offline().group, "Read")}
        assert len(rules) == len(set(rules))


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
