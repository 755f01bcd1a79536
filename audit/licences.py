"""Under which licences the locked packages come, and whether all of them may be used here."""

import json
import subprocess
from functools import cache

import yaml
from locked import DELIVERED, ROOT, packages
from outcome import Outcome, tool

PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences of what others wrote

Written by `make audit` from the metadata of the installed packages; allowed is what `audit/licences.yaml` names.
Kafka and the jars it needs come under the Apache License 2.0 and the licences that its own distribution lists;
their coordinates are in [sbom/loket.cdx.json](sbom/loket.cdx.json).

| package | version | licence | delivered with |
| --- | --- | --- | --- |
"""


@cache
def of_installed() -> dict[str, str]:
    """The licence that each installed package names, by its normalised name."""
    command = [tool("pip-licenses"), f"--python={ROOT / '.venv/bin/python'}", "--from=mixed", "--format=json", "--with-system"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {normal(one["Name"]): one["License"] for one in listed}


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return name.lower().replace("_", "-").replace(".", "-")


def check() -> Outcome:
    """Write the page; what is wrong is a licence that nobody has allowed."""
    rules = yaml.safe_load((ROOT / "audit/licences.yaml").read_text(encoding="utf-8"))
    allowed, exceptions = set(rules["allowed"]), rules["exceptions"]
    wrong, lines, elsewhere = [], [], 0
    delivered = {normal(one.name) for deliverable in DELIVERED for one in packages(deliverable)}
    for one in sorted({(one.name, one.version) for name in (*DELIVERED, "dev") for one in packages(name)}):
        name, licence = normal(one[0]), of_installed().get(normal(one[0]))
        if licence is None:
            elsewhere += 1  # of another platform or another Python: its metadata is not here
        elif name not in exceptions and licence not in allowed:
            wrong.append(f"{one[0]} {one[1]}: {licence}")
        told = licence or "not installed on this platform"
        lines.append(f"| {one[0]} | {one[1]} | {told} | {'yes' if name in delivered else 'tests and checks only'} |")
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return Outcome("licences", f"{len(lines)} packages, {len(exceptions)} exceptions, {elsewhere} not installed here", wrong)
