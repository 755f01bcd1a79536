"""What every suite may ask for: one Kafka and one MongoDB-protocol server per run."""

from loket_fixtures import kafka_bootstrap, mongo_url

__all__ = ["kafka_bootstrap", "mongo_url"]

pytest_plugins = ["closing_table"]
