"""How the store and Kafka are deployed: who may do what, and what lies on which disk when it is acknowledged."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from manifests import give_secrets

from loket.contracts.strimzi import topics
from loket.embedded.kafka_properties import FLUSH_MILLISECONDS, server_properties
from loket.supervisor import SERVICES

USERS_SCRIPT = "deploy/k8s/overlays/local/mongo_users.js"


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return said


def test_each_service_is_a_user_of_the_store_of_its_own_with_rights_on_its_own_database(root: Path, tmp_path: Path) -> None:
    give_secrets(tmp_path, root)
    urls = {service: urlsplit((tmp_path / service / "mongo_url").read_text()) for service in SERVICES}
    for service, url in urls.items():
        assert (url.username, url.query) == (service, f"authSource={service}")
        assert url.password == (tmp_path / "mongo" / f"password_of_{service}").read_text()
    passwords = {url.password for url in urls.values()} | {(tmp_path / "mongo" / "password").read_text()}
    assert len(passwords) == len(SERVICES) + 1
    script = (root / USERS_SCRIPT).read_text()
    assert re.search(r"of \[(.*)\]", script)[1].replace('"', "").split(", ") == list(SERVICES)  # type: ignore[index]
    assert re.findall(r"role: \S+ db: \w+", script) == ['role: "readWrite", db: service']


def test_compose_hands_mongo_the_script_and_its_secrets_and_nobody_else(compose: dict[str, Any]) -> None:
    holders = {name for name, service in compose["services"].items() if any("mongo-secrets" in one for one in service.get("volumes", []))}
    assert holders == {"mongo", "secrets"}
    assert f"./{USERS_SCRIPT}:/docker-entrypoint-initdb.d/mongo_users.js:ro" in compose["services"]["mongo"]["volumes"]


FLUSHING = {"LOG_FLUSH_INTERVAL_MS", "LOG_FLUSH_SCHEDULER_INTERVAL_MS"}


def test_where_all_of_kafka_is_on_one_machine_it_writes_what_it_acknowledged_to_the_disk(compose: dict[str, Any], root: Path) -> None:
    (kafka,) = [
        one for one in yaml.safe_load_all((root / "deploy/k8s/overlays/local/kafka.yaml").read_text()) if one["kind"] == "StatefulSet"
    ]
    local = {one["name"]: one["value"] for one in kafka["spec"]["template"]["spec"]["containers"][0]["env"]}
    embedded = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in server_properties(root, 1, 2).items()}
    for told in (compose["services"]["kafka"]["environment"], local, embedded):
        assert {str(told[f"KAFKA_{name}"]) for name in FLUSHING} == {str(FLUSH_MILLISECONDS)}


def test_in_production_what_is_acknowledged_lies_on_brokers_of_two_zones(root: Path) -> None:
    said = yaml.safe_load((root / "deploy/k8s/components/strimzi/kafka.example.yaml").read_text())["spec"]["kafka"]
    assert said["rack"] == {"topologyKey": "topology.kubernetes.io/zone"}
    copies = {
        name: number for name, number in said["config"].items() if name.endswith(("replication.factor", "insync.replicas", "min.isr"))
    }
    assert {name: number for name, number in copies.items() if number != (3 if name.endswith("factor") else 2)} == {}
    assert {"default.replication.factor", "min.insync.replicas", "offsets.topic.replication.factor"} <= set(copies)
    assert said["config"]["unclean.leader.election.enable"] is False
    for topic in topics():
        assert (topic["spec"]["replicas"], topic["spec"]["config"]["min.insync.replicas"]) == (3, 2)
