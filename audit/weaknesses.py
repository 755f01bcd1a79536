"""Patterns in our own code that are known to be weak (bandit), and packages with known weaknesses (pip-audit)."""

import json
import subprocess

from locked import DELIVERED, ROOT, packages
from outcome import Outcome, tool

WHERE = ("libs", "services", "deploy")


def of_code() -> Outcome:
    """Medium and above, however sure bandit is; what is meant so carries `nosec` with the number of the rule in its line."""
    command = [tool("bandit"), "--quiet", "--recursive", "-ll", "--format", "json", *WHERE]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    report = json.loads(done.stdout)
    totals = report["metrics"]["_totals"]
    wrong = [f"{one['filename']}:{one['line_number']} {one['test_id']} {one['issue_text']}" for one in report["results"]]
    wrong += [f"{one['filename']} could not be read: {one['reason']}" for one in report["errors"]]
    return Outcome("weak patterns", f"{totals['loc']:,} lines, {totals['skipped_tests']} exceptions in them", wrong)


def of_packages() -> Outcome:
    """Against the database of PyPI; where that cannot be had nothing was checked, and that is what is said."""
    wrong, unseen, seen = [], "", 0
    for name in (*DELIVERED, "dev"):
        command = [tool("pip-audit"), "--strict", "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
        done = subprocess.run([*command, "-r", f"locks/{name}.txt"], check=False, capture_output=True, text=True, cwd=ROOT, timeout=600)
        if not done.stdout.strip():
            unseen = (done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"])[-1]
            break
        for one in json.loads(done.stdout)["dependencies"]:
            wrong += [f"{one['name']} {one['version']}: {weakness['id']}" for weakness in one.get("vulns", [])]
        seen += len(packages(name))
    return Outcome("known weaknesses", f"{seen} lines of locks", sorted(set(wrong)), unseen)
