"""The Kubernetes manifests, rendered, are held against the code and against the restricted Pod Security Standard."""

import base64
import re
import shutil
from pathlib import Path

import pytest
from manifests import Manifest, of_kind, of_services, pods, rendered

from common.access.issuing import ISSUER
from common.provision import Provision
from common.settings import ServiceSettings
from common.topics import TOPICS
from loket.contracts.services import Platform
from loket.contracts.settings_page import environment_names
from loket.supervisor import SERVICES

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine, so the overlays were not rendered")
SECRETLY = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL")
METRICS_PORT = ServiceSettings.model_fields["metrics_port"].default
ROOTLESS = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@pytest.fixture(params=["local", "production"])
def manifests(request: pytest.FixtureRequest, root: Path) -> list[Manifest]:
    return rendered(root, request.param)


@pytest.fixture
def local(root: Path) -> list[Manifest]:
    return rendered(root, "local")


@pytest.fixture
def production(root: Path) -> list[Manifest]:
    return rendered(root, "production")


def test_every_service_has_its_own_deployment_address_account_and_budget(manifests: list[Manifest]) -> None:
    for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
        assert set(SERVICES) <= set(of_kind(manifests, kind)), kind
    for name, deployment in of_services(manifests).items():
        spec = deployment["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == name
        assert spec["containers"][0]["envFrom"][0]["configMapRef"]["name"] in of_kind(manifests, "ConfigMap")
        assert spec["containers"][0]["image"].split(":")[0].endswith(f"loket-{name}")


def test_services_are_told_only_what_they_can_be_told_and_no_secret(manifests: list[Manifest], platform: Platform) -> None:
    settings = {service.name: environment_names(service.settings) for service in platform}
    settings["topics"] = {name.upper() for name in Provision.model_fields}
    (common,) = [set(one["data"]) for name, one in of_kind(manifests, "ConfigMap").items() if name.startswith("settings-")]
    assert common <= environment_names(ServiceSettings)
    for name, pod in pods(manifests):
        told = {one["name"] for container in pod["containers"] for one in container.get("env", [])}
        assert told <= settings.get(name, told), name
        assert {one for one in told if SECRETLY.search(one) and not one.endswith(("_FILE", "_PATH"))} == set(), name


def test_every_pod_keeps_to_the_restricted_standard(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            assert container["securityContext"].items() >= ROOTLESS.items(), name
            assert "memory" in container["resources"]["limits"], name
    (namespace,) = of_kind(manifests, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_services_cannot_write_to_their_image(manifests: list[Manifest]) -> None:
    for deployment in of_services(manifests).values():
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")] == ["/tmp"]


def test_probes_ask_routes_that_exist_at_the_port_that_the_image_listens_on(manifests: list[Manifest], root: Path) -> None:
    routes = (root / "libs/common/src/common/web.py").read_text()
    for deployment in of_services(manifests).values():
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert container["ports"] == [{"name": "http", "containerPort": 8000}, {"name": "metrics", "containerPort": METRICS_PORT}]
        for probe, path in {"startupProbe": "started", "livenessProbe": "live", "readinessProbe": "ready"}.items():
            assert container[probe]["httpGet"] == {"path": f"/health/{path}", "port": "http"}
            assert f'"/health/{path}"' in routes


def test_partners_do_not_reach_the_metrics(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    reached = {name: [port["port"] for rule in one["spec"].get("ingress", []) for port in rule["ports"]] for name, one in policies.items()}
    assert reached["callers-to-services"] == ["http"]
    assert {name for name, ports in reached.items() if "metrics" in ports} == {
        "scrapers-to-metrics",
        "scrapers-to-auditor",
        "auditor-to-services",
    }
    for name in SERVICES:
        assert [port["targetPort"] for port in of_kind(manifests, "Service")[name]["spec"]["ports"]] == ["http", "metrics"]


def test_a_service_finds_its_region_pack_where_it_looks(manifests: list[Manifest], root: Path) -> None:
    packs = of_kind(manifests, "ConfigMap")
    for name, deployment in of_services(manifests).items():
        pod = deployment["spec"]["template"]["spec"]
        (volume,) = [one["configMap"] for one in pod["volumes"] if one["name"] == "region"]
        (mount,) = [one["mountPath"] for one in pod["containers"][0]["volumeMounts"] if one["name"] == "region"]
        (path,) = [one["value"] for one in pod["containers"][0]["env"] if one["name"] == "REGION_PATH"]
        held = packs[volume["name"]]["data"]
        assert mount == f"{path}/{name}"
        found = {item["path"]: held[item["key"]] for item in volume["items"]}
        folder = root / "regions/south-limburg" / name
        assert found == {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_secrets_come_as_files(manifests: list[Manifest]) -> None:
    for name, deployment in of_services(manifests).items():
        pod = deployment["spec"]["template"]["spec"]
        mounted = {one["name"]: one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
        assert mounted["secrets"] == "/run/secrets", name
        held = [one.get("secret") or one["projected"] for one in pod["volumes"] if {"secret", "projected"} & set(one)]
        assert {one["defaultMode"] for one in held} == {0o440}, name


def test_the_local_overlay_brings_every_secret_that_is_mounted(local: list[Manifest]) -> None:
    made = set(of_kind(local, "Secret"))
    assert {volume["secret"]["secretName"] for _, pod in pods(local) for volume in pod.get("volumes", []) if "secret" in volume} <= made


def test_partners_secrets_lie_where_intake_looks(manifests: list[Manifest]) -> None:
    pod = of_services(manifests)["intake"]["spec"]["template"]["spec"]["containers"][0]
    (path,) = [one["value"] for one in pod["env"] if one["name"] == "PARTNER_SECRETS_PATH"]
    assert path in [mount["mountPath"] for mount in pod["volumeMounts"]]


def test_nothing_may_speak_with_anything_but_for_what_is_named(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    assert policies["deny-all"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert all("from" in rule for one in policies.values() for rule in one["spec"].get("ingress", []))


def test_production_holds_no_secret_and_no_store_of_its_own(production: list[Manifest]) -> None:
    assert of_kind(production, "Secret") == {}
    assert of_kind(production, "StatefulSet") == {}
    (told,) = [one["data"] for name, one in of_kind(production, "ConfigMap").items() if name.startswith("settings-")]
    assert told["ENVIRONMENT"] == "production"


def test_production_takes_tokens_of_its_own_issuer_and_the_issuers_key_reaches_no_cluster(manifests: list[Manifest], root: Path) -> None:
    (told,) = [one["data"] for name, one in of_kind(rendered(root, "production"), "ConfigMap").items() if name.startswith("settings-")]
    assert told["OIDC_JWKS"].startswith("https://")
    assert told["OIDC_ISSUER"] != ISSUER
    assert not [name for name in of_kind(manifests, "Secret") if "issuer" in name]
    assert "PRIVATE KEY" not in str(
        [base64.b64decode(text) for one in of_kind(manifests, "Secret").values() for text in one["data"].values()]
    )


def test_production_has_every_topic_and_a_user_per_service_and_for_the_auditor(production: list[Manifest]) -> None:
    assert set(of_kind(production, "KafkaTopic")) == {topic.name for topic in TOPICS}
    assert set(of_kind(production, "KafkaUser")) == {*SERVICES, "auditor"}
    assert {one["apiVersion"] for one in production if one["kind"].startswith("Kafka")} == {"kafka.strimzi.io/v1"}


def test_in_production_each_service_is_its_own_user_of_kafka_over_tls(production: list[Manifest]) -> None:
    (told,) = [one["data"] for name, one in of_kind(production, "ConfigMap").items() if name.startswith("settings-")]
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == "loket-kafka-bootstrap:9093"
    for name, deployment in of_services(production).items():
        pod = deployment["spec"]["template"]["spec"]
        container, volumes = pod["containers"][0], {one["name"]: one for one in pod["volumes"]}
        own = {one["name"]: one["value"] for one in container["env"]}
        mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
        assert (own["KAFKA_SECURITY_PROTOCOL"], own["KAFKA_SASL_USERNAME"]) == ("SASL_SSL", name)
        folder, _, file = own["KAFKA_CA_FILE"].rpartition("/")
        ca = volumes[mounts[folder]]["secret"]
        assert (ca["secretName"], [item["path"] for item in ca["items"]]) == ("loket-cluster-ca-cert", [file])
        password = {"name": name, "items": [{"key": "password", "path": "kafka_sasl_password"}]}
        sources = [one["secret"] for one in volumes[mounts["/run/secrets"]]["projected"]["sources"]]
        assert sources == [{"name": f"{name}-secrets"}, password]
        assert name in of_kind(production, "KafkaUser")


def test_production_starts_with_what_it_is_told_of_kafka(production: list[Manifest], platform: Platform, tmp_path: Path) -> None:
    (told,) = [one["data"] for name, one in of_kind(production, "ConfigMap").items() if name.startswith("settings-")]
    (tmp_path / "ca.crt").touch()
    for service in platform:
        container = of_services(production)[service.name]["spec"]["template"]["spec"]["containers"][0]
        own = told | {one["name"]: one["value"] for one in container["env"]} | {"KAFKA_CA_FILE": str(tmp_path / "ca.crt")}
        made = service.settings(
            **{name.lower(): value for name, value in own.items()}, kafka_sasl_password="a-password", pseudonym_key="p" * 32
        )
        assert (made.environment, made.kafka_security.username) == ("production", service.name)


def test_the_local_overlay_makes_the_topics_by_the_code(local: list[Manifest]) -> None:
    (job,) = of_kind(local, "Job").values()
    assert job["spec"]["template"]["spec"]["containers"][0]["command"][-2:] == ["-m", "common.provision"]
    assert not [one for one in local if one["kind"].startswith("Kafka")]
