"""What every suite may ask for: one Kafka per run, and one MongoDB-protocol server for each of its processes."""

import pytest
from loket_fixtures import kafka_bootstrap, mongo_url

__all__ = ["kafka_bootstrap", "mongo_url"]

pytest_plugins = ["closing_table", "one_kafka"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait long begin first: beside them, other processes of the run get through the rest."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
