"""All files that are made from the code, and how they compare with those that lie there."""

import json
from collections.abc import Iterator
from pathlib import Path

from common.events.catalogue import EVENTS
from loket.contracts import region_pack, strimzi
from loket.contracts.access_page import access_page
from loket.contracts.asyncapi import asyncapi
from loket.contracts.catalogue import catalogue
from loket.contracts.compat import Break, breaks
from loket.contracts.openapi import openapi
from loket.contracts.schemas import published_schema, schema_file
from loket.contracts.services import Platform
from loket.contracts.settings_page import settings_page
from loket.contracts.written import as_json, as_yaml

CONTRACTS = Path("docs/contracts")
SCHEMAS = CONTRACTS / "schemas"
STRIMZI = Path("deploy/k8s/components/strimzi")

Files = dict[Path, str]


def generate(platform: Platform, root: Path) -> Files:
    """Every generated file by its place under `root`, with what belongs in it."""
    schemas = {CONTRACTS / schema_file(event): as_json(published_schema(event)) for event in EVENTS.values()}
    interfaces = {CONTRACTS / "openapi" / f"{service.name}.yaml": as_yaml(openapi(service)) for service in platform}
    names = [service.name for service in platform]
    packs = {
        pack.relative_to(root) / region_pack.FILE: as_yaml(region_pack.component(pack, names))
        for pack in (root / "regions").iterdir()
        if pack.is_dir()
    }
    return {
        **schemas,
        **interfaces,
        **packs,
        CONTRACTS / "asyncapi.yaml": as_yaml(asyncapi(platform)),
        CONTRACTS / "events.md": catalogue(platform),
        Path("docs/settings.md"): settings_page(platform),
        Path("docs/access.md"): access_page(platform),
        STRIMZI / "topics.yaml": as_yaml(*strimzi.topics()),
        STRIMZI / "users.yaml": as_yaml(*strimzi.users(platform)),
        STRIMZI / "clients.yaml": as_yaml(*strimzi.clients(platform)),
    }


def differing(files: Files, root: Path) -> list[Path]:
    """Generated files that are missing, other than generated, or left over."""
    other = [path for path, text in files.items() if _present(root / path) != text]
    return sorted([*other, *_left_over(files, root)])


def write(files: Files, root: Path) -> list[Path]:
    """Make the files as they should be; returns those that changed."""
    changed = differing(files, root)
    for path in changed:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


def broken(files: Files, root: Path) -> Iterator[Break]:
    """Published schemas that would change under their readers."""
    for path in differing(files, root):
        if path.parent == SCHEMAS and path in files and (root / path).exists():
            yield from breaks(path.name, json.loads((root / path).read_text(encoding="utf-8")), json.loads(files[path]))


def _left_over(files: Files, root: Path) -> Iterator[Path]:
    """Files in the folder of contracts that the code does not make; earlier versions of a topic stay, as their records do."""
    older = {f"{topic}.v{version}.json" for topic, event in EVENTS.items() for version in range(1, event.version)}
    for found in (root / CONTRACTS).rglob("*"):
        path = found.relative_to(root)
        if found.is_file() and path not in files and path.name not in older:
            yield path


def _present(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
