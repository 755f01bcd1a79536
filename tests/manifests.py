"""Deployments as they would reach a cluster: secrets made for the run, overlays rendered by kubectl."""

import runpy
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from loket.supervisor import SERVICES

SECRET_FILES = {"jwks.json", "mongo_url"}
SECRET_FILES_OF_KEEPERS = SECRET_FILES | {"pseudonym_key"}
PARTNERS = Path("regions/south-limburg/intake/partners.yaml")
Manifest = dict[str, Any]


def give_secrets(folder: Path, root: Path, *, kustomize: bool = False) -> None:
    """What `python deploy/make_secrets.py` does."""
    script = runpy.run_path(str(root / "deploy" / "make_secrets.py"))
    script["make"](folder, root / PARTNERS, "mongo:27017")
    if kustomize:
        (folder / "kustomization.yaml").write_text(script["kustomization"](folder))


@cache
def rendered(root: Path, overlay: str) -> list[Manifest]:
    """Every manifest of an overlay, rendered in a copy, so that no secret lands in the tree."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("deploy", "regions"):
            shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns("secrets"))
        give_secrets(copy / "deploy/k8s/overlays/local/secrets", root, kustomize=True)
        command = ["kubectl", "kustomize", str(copy / "deploy/k8s/overlays" / overlay)]
        text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return list(yaml.safe_load_all(text))


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def of_services(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The Deployments of the four services."""
    return {name: one for name, one in of_kind(manifests, "Deployment").items() if name in SERVICES}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What runs, by the name of what makes it run."""
    for one in manifests:
        if one["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]
        elif one["kind"] == "CronJob":
            yield f"{one['metadata']['name']}, now and then", one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
