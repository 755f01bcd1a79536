"""Deployments as they would reach a cluster: secrets made for the run, overlays rendered by kubectl."""

import runpy
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

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
