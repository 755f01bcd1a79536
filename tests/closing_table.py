"""The table that ends a run: what ran on which Kafka and which store, what was left out and why."""

import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

_counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
_needs: defaultdict[str, set[str]] = defaultdict(set)
NEEDS = "needs"
ON = {"kafka": "embedded Apache Kafka", "mongo": "MongoDB-protocol server in memory"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test needs goes along with its report: it may run in another process than the one that writes the table."""
    item.user_properties += [(NEEDS, marker) for marker in ON if item.get_closest_marker(marker)]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    suite = _suite(report.nodeid)
    _needs[suite] |= {str(value) for name, value in report.user_properties if name == NEEDS}
    if report.when == "call" or report.outcome != "passed":
        _counts[suite][report.outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kafka, mongo = _kafka(), _mongo()
    terminalreporter.section("what ran on what")
    for suite in sorted(_counts):
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(_counts[suite].items()))
        stores = ["SQLite"] if "kafka" in _needs[suite] or suite in {"common", "system", "chaos"} else ["in memory"]
        on = [kafka] if "kafka" in _needs[suite] else ["no Kafka"]
        stores += [mongo] if "mongo" in _needs[suite] else []
        terminalreporter.write_line(f"{suite:<14} {outcomes:<28} {on[0]}; {' and '.join(stores)}")
    if os.environ.get("LOKET_TEST_ON") != "containers":
        why = "no Docker daemon here" if not _docker() else "ask for it with make test-containers"
        terminalreporter.write_line(f"left out: the Kafka and MongoDB suites on the official images ({why})")


def _suite(nodeid: str) -> str:
    parts = nodeid.split("::", maxsplit=1)[0].split("/")
    return parts[1] if len(parts) > 2 else "tests"


def _kafka() -> str:
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return "the Kafka of KAFKA_BOOTSTRAP_SERVERS"
    return "apache/kafka in a container" if os.environ.get("LOKET_TEST_ON") == "containers" else ON["kafka"]


def _mongo() -> str:
    if os.environ.get("MONGO_URL"):
        return "the MongoDB of MONGO_URL"
    return "mongo in a container" if os.environ.get("LOKET_TEST_ON") == "containers" else ON["mongo"]


def _docker() -> bool:
    return bool(os.environ.get("DOCKER_HOST")) or Path("/var/run/docker.sock").exists()
