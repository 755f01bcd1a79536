"""Chooses the store that the settings name."""

from collections.abc import Iterable

from common.aggregate import Aggregate
from common.settings import ServiceSettings
from common.store.port import Store
from common.store.sqlite import SqliteStore


def open_store(settings: ServiceSettings, service: str, kinds: Iterable[type[Aggregate]]) -> Store:
    """MongoDB where there is a URL, else a SQLite file; nothing is opened before `start`."""
    if settings.mongo_url is None:
        return SqliteStore(settings.sqlite_path, kinds)
    from common.store.mongo import MongoStore  # noqa: PLC0415 - the driver is loaded only where it is used

    return MongoStore(settings.mongo_url.get_secret_value(), settings.mongo_database or service, kinds)
