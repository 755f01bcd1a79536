"""The bills of materials and the list of licences name what the locks name."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DELIVERED = ("intake", "scheduling", "notifications", "reporting", "auditor", "loket")


def locked(name: str) -> set[str]:
    return {f"{package}@{version}" for package, version in re.findall(r"^([\w.-]+)==(\S+)", lock(name), re.MULTILINE)}


def lock(name: str) -> str:
    return (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DELIVERED)
def test_a_bill_of_materials_names_every_package_of_its_lock(name: str) -> None:
    bill = json.loads((ROOT / "docs" / "sbom" / f"{name}.cdx.json").read_text(encoding="utf-8"))
    told = {f"{one['name']}@{one['version']}" for one in bill["components"] if one["purl"].startswith("pkg:pypi/")}

    assert told == locked(name), "run `make audit`"
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_the_bill_of_loket_names_every_jar_with_its_hash() -> None:
    bill = json.loads((ROOT / "docs" / "sbom" / "loket.cdx.json").read_text(encoding="utf-8"))
    told = {(one["purl"], one["hashes"][0]["content"]) for one in bill["components"] if one["purl"].startswith("pkg:maven/")}
    files = (ROOT / "libs/loket/src/loket/embedded/locks").glob("*.jars")
    lines = [line.split() for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]
    names = [(coordinates.split(":"), digest) for coordinates, digest in lines]

    assert told == {(f"pkg:maven/{group}/{name}@{version}", digest) for (group, name, version), digest in names}, "run `make audit`"


def test_the_list_of_licences_names_every_package() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    told = {f"{package}@{version}" for package, version in re.findall(r"^\| ([\w.-]+) \| (\d\S*) \|", page, re.MULTILINE)}

    assert told == set().union(*(locked(name) for name in (*DELIVERED, "dev"))), "run `make audit`"
