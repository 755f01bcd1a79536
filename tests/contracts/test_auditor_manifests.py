"""The auditor on Kubernetes: it runs all the time and once a night, and may do no more than read."""

import base64
import re
import shutil
from pathlib import Path
from typing import Any

import jwt
import pytest
from manifests import Manifest, of_kind, pods, rendered

from auditor.__main__ import TOKEN, parser
from auditor.policy import FILE
from auditor.reach import SERVICES
from common.access.scopes import ROLES

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine, so the overlays were not rendered")
RUNS = ("auditor", "auditor, now and then")
HERE = {"app.kubernetes.io/name": "auditor"}


@pytest.fixture(params=["local", "production"])
def manifests(request: pytest.FixtureRequest, root: Path) -> list[Manifest]:
    return rendered(root, request.param)


@pytest.fixture(params=RUNS)
def pod(request: pytest.FixtureRequest, manifests: list[Manifest]) -> dict[str, Any]:
    return dict(pods(manifests))[request.param]


def test_both_run_as_an_account_of_their_own_that_the_cluster_gives_no_token(manifests: list[Manifest], pod: dict[str, Any]) -> None:
    assert pod["serviceAccountName"] == "auditor"
    assert pod["automountServiceAccountToken"] is False
    assert of_kind(manifests, "ServiceAccount")["auditor"]["automountServiceAccountToken"] is False


def test_nothing_can_be_written_but_tmp(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")] == ["/tmp"]
    assert container["image"].split(":")[0].endswith("loket-auditor")


def test_the_command_line_is_one_that_the_auditor_takes(pod: dict[str, Any]) -> None:
    words = pod["containers"][0]["args"]
    given = parser().parse_args(words[4:])

    assert words[:4] == ["python", "-P", "-m", "auditor"]
    assert given.token == TOKEN
    if given.every:
        (port,) = pod["containers"][0]["ports"]
        assert (given.metrics_host, given.metrics_port) == ("0.0.0.0", port["containerPort"])


def test_the_nightly_run_looks_once_and_its_failure_stays_a_failure(manifests: list[Manifest]) -> None:
    spec = of_kind(manifests, "CronJob")["auditor"]["spec"]

    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["concurrencyPolicy"] == "Forbid"
    assert "--every" not in dict(pods(manifests))[RUNS[1]]["containers"][0]["args"]


def test_services_are_found_under_the_names_that_it_asks(manifests: list[Manifest]) -> None:
    addresses = of_kind(manifests, "Service")
    for name in SERVICES:
        assert [port["port"] for port in addresses[name]["spec"]["ports"] if port["name"] == "http"] == [80]


def test_it_reads_the_policy_of_letters_where_it_is_mounted(manifests: list[Manifest], pod: dict[str, Any], root: Path) -> None:
    (container,) = pod["containers"]
    (region,) = [one["value"] for one in container["env"] if one["name"] == "REGION_PATH"]
    (mount,) = [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "region"]
    (volume,) = [one["configMap"] for one in pod["volumes"] if one["name"] == "region"]
    ((key, path),) = [(item["key"], item["path"]) for item in volume["items"]]

    assert f"{mount}/{path}" == f"{region}/{FILE}"
    assert of_kind(manifests, "ConfigMap")[volume["name"]]["data"][key] == (root / "regions/south-limburg" / FILE).read_text()


def test_it_may_speak_with_kafka_and_the_services_alone(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    labels = {**HERE, "loket/auditor": "continuous", "app.kubernetes.io/part-of": "loket"}
    matching = {name for name, one in policies.items() if one["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()}
    assert matching == {"deny-all", "names", "auditor-to-what-it-counts", "scrapers-to-auditor"}
    kafka, services = policies["auditor-to-what-it-counts"]["spec"]["egress"]
    assert {one["port"] for one in kafka["ports"]} == {9092, 9093}
    assert services == {
        "to": [{"podSelector": {"matchLabels": {"loket/service": "true"}}}],
        "ports": [{"protocol": "TCP", "port": "http"}, {"protocol": "TCP", "port": "metrics"}],
    }
    assert policies["auditor-to-services"]["spec"]["ingress"][0]["from"] == [{"podSelector": {"matchLabels": HERE}}]


def test_the_kafka_of_the_local_overlay_lets_it_in(root: Path) -> None:
    (rule,) = of_kind(rendered(root, "local"), "NetworkPolicy")["services-to-kafka"]["spec"]["ingress"]
    assert {"podSelector": {"matchLabels": HERE}} in rule["from"]


@pytest.mark.parametrize("name", RUNS)
def test_in_production_it_is_its_own_user_of_kafka(root: Path, name: str) -> None:
    pod = dict(pods(rendered(root, "production")))[name]
    own = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    (secrets,) = [one["projected"] for one in pod["volumes"] if one["name"] == "secrets"]

    assert (own["KAFKA_SECURITY_PROTOCOL"], own["KAFKA_SASL_USERNAME"]) == ("SASL_SSL", "auditor")
    assert secrets["sources"] == [
        {"secret": {"name": "auditor-secrets"}},
        {"secret": {"name": "auditor", "items": [{"key": "password", "path": "kafka_sasl_password"}]}},
    ]


def test_the_local_overlay_brings_a_token_of_its_role(root: Path) -> None:
    local = rendered(root, "local")
    (secret,) = [one for name, one in of_kind(local, "Secret").items() if re.match("auditor-secrets", name)]
    claims = jwt.decode(base64.b64decode(secret["data"][TOKEN.name]).decode(), options={"verify_signature": False})

    assert claims["scope"] == " ".join(ROLES["auditor"])
    assert set(secret["data"]) == {"token"}
