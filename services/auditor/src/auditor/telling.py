"""Tells what a look found: as lines or JSON on the standard output, and as Prometheus metrics."""

import json
import sys
from collections.abc import Mapping
from math import nan
from typing import NamedTuple

from prometheus_client import Gauge

from auditor.checks import Verdict
from common.clock import SystemClock

FINDINGS = Gauge("loket_audit_findings", "Things that do not add up; NaN where that is not known.", ["check"])
NOT_ASKED = Gauge("loket_audit_not_asked", "1 where not everybody could be asked whom a check needs.", ["check"])
RECORDS = Gauge("loket_audit_records", "Records of the log that were counted.")
SUCCESS = Gauge("loket_audit_last_success_timestamp_seconds", "When everybody could last be asked.")
FOUND, UNSURE = 1, 2


class Outcome(NamedTuple):
    """What a look came to."""

    verdicts: Mapping[str, Verdict]
    silent: list[str]
    """Who did not answer, a sentence each."""
    records: int

    @property
    def status(self) -> int:
        """0: all adds up; 1: something does not; 2: somebody could not be asked."""
        if self.silent or not all(verdict.sure for verdict in self.verdicts.values()):
            return UNSURE
        return FOUND if any(verdict.findings for verdict in self.verdicts.values()) else 0


def measure(outcome: Outcome) -> None:
    """Set the metrics."""
    RECORDS.set(outcome.records)
    for name, verdict in outcome.verdicts.items():
        FINDINGS.labels(name).set(len(verdict.findings) if verdict.findings or verdict.sure else nan)
        NOT_ASKED.labels(name).set(not verdict.sure)
    if outcome.status != UNSURE:
        SUCCESS.set(SystemClock().now().timestamp())  # what Prometheus compares with its own time


def tell(outcome: Outcome, *, as_json: bool) -> None:
    """Print it; who was not asked goes to the standard error as well."""
    if as_json:
        findings = {name: verdict.findings for name, verdict in outcome.verdicts.items()}
        unsure = [name for name, verdict in outcome.verdicts.items() if not verdict.sure]
        _line(json.dumps({"records": outcome.records, "findings": findings, "unsure": unsure, "notAsked": outcome.silent}))
        return
    for name, verdict in outcome.verdicts.items():
        word = "FOUND" if verdict.findings else "ok" if verdict.sure else "unsure"
        _line(f"{word:<7}{name.replace('_', ' ')}")
        for sentence in verdict.findings:
            _line(f"       {sentence}")
    for sentence in outcome.silent:
        sys.stderr.write(f"not asked: {sentence}\n")
    _line(f"{outcome.records} records of the log were counted.")


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
