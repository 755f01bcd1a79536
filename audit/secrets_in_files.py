"""Secrets that lie in the repository (detect-secrets); what only looks like one is named in `no_secrets.yaml` with the reason."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml
from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings
from locked import ROOT
from outcome import Outcome

RULES = Path(__file__).with_name("no_secrets.yaml")


def check() -> Outcome:
    """Every file that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True, cwd=ROOT).stdout  # noqa: S607
    files = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    skipped = [name for name in files if any(fnmatch(name, pattern) for pattern in rules["not_looked_at"])]
    looked = sorted(set(files) - set(skipped))
    found, used = SecretsCollection(root=str(ROOT)), set()
    with default_settings():
        found.scan_files(*looked)
    wrong = []
    for name, secret in found:
        lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").split("\n")
        line = lines[secret.line_number - 1] if secret.line_number <= len(lines) else ""  # where YAML was unfolded the count goes astray
        rule = _rule(rules["known"], name, line)
        used.add(rule)
        if rule is None:
            wrong.append(f"{name}:{secret.line_number} {secret.type}")
    wrong += [
        f"no_secrets.yaml, known {index + 1}: nothing is like it any more" for index in range(len(rules["known"])) if index not in used
    ]
    return Outcome("secrets", f"{len(looked)} files, {len(rules['known'])} known look-alikes", wrong)


def _rule(known: list[dict[str, Any]], name: str, line: str) -> int | None:
    fits = (index for index, one in enumerate(known) if fnmatch(name, one["file"]) and re.search(one["line"], line))
    return next(fits, None)
