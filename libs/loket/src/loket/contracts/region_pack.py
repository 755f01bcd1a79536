"""A region pack as a component of kustomize: a ConfigMap per service, and where its Deployment and the auditor mount it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auditor.policy import FILE as FILE_OF_LETTERS
from auditor.reach import NAME
from loket.contracts.patches import cron_job, deployment
from loket.contracts.written import as_yaml

MOUNTED = "/regions"
FILE = "kustomization.yaml"


def component(region: Path, services: list[str]) -> dict[str, Any]:
    """The document that lies in the folder of the pack."""
    files = {service: _files(region, service) for service in services if (region / service).is_dir()}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "configMapGenerator": [
            {"name": _name(service), "files": [f"{_key(path)}={service}/{path}" for path in paths]} for service, paths in files.items()
        ],
        "patches": [{"patch": as_yaml(patch, heading=False)} for patch in _patches(region.name, files)],
    }


def _patches(region: str, files: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for service, paths in files.items():
        yield deployment(service, _mount(region, service, paths, service))
    holder, policy = FILE_OF_LETTERS.parts
    if policy in files.get(holder, ()):
        pod = _mount(region, holder, [policy], NAME)
        yield from (deployment(NAME, pod), cron_job(NAME, pod))


def _files(region: Path, service: str) -> list[str]:
    folder = region / service
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _mount(region: str, service: str, paths: list[str], into: str) -> dict[str, Any]:
    """The pod of `into` finds some files of a service where the service does."""
    volume = {"name": "region", "configMap": {"name": _name(service), "items": [{"key": _key(path), "path": path} for path in paths]}}
    container = {
        "name": into,
        "env": [{"name": "REGION_PATH", "value": f"{MOUNTED}/{region}"}],
        "volumeMounts": [{"name": "region", "mountPath": f"{MOUNTED}/{region}/{service}", "readOnly": True}],
    }
    return {"containers": [container], "volumes": [volume]}


def _name(service: str) -> str:
    return f"region-{service}"


def _key(path: str) -> str:
    """Keys of a ConfigMap know no folders."""
    return path.replace("/", "--")
