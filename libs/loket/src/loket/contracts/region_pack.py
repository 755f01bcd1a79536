"""A region pack as a component of kustomize: a ConfigMap per service, and where its Deployment mounts it."""

from pathlib import Path
from typing import Any

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
        "patches": [{"patch": as_yaml(_mount(region.name, service, paths), heading=False)} for service, paths in files.items()],
    }


def _files(region: Path, service: str) -> list[str]:
    folder = region / service
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _mount(region: str, service: str, paths: list[str]) -> dict[str, Any]:
    volume = {"name": "region", "configMap": {"name": _name(service), "items": [{"key": _key(path), "path": path} for path in paths]}}
    container = {
        "name": service,
        "env": [{"name": "REGION_PATH", "value": f"{MOUNTED}/{region}"}],
        "volumeMounts": [{"name": "region", "mountPath": f"{MOUNTED}/{region}/{service}", "readOnly": True}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service},
        "spec": {"template": {"spec": {"containers": [container], "volumes": [volume]}}},
    }


def _name(service: str) -> str:
    return f"region-{service}"


def _key(path: str) -> str:
    """Keys of a ConfigMap know no folders."""
    return path.replace("/", "--")
