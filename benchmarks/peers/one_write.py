"""Intake with group commit switched off: the same application, but every save is a transaction of its own, as in one write per request."""

from typing import Any

import common.service
from common.serving import run
from common.settings import ServiceSettings
from common.store.coalescing import Asked
from common.store.sqlite import SqliteStore
from intake.app import build
from intake.settings import Settings


class OneByOne(SqliteStore):
    """Writes each save, each clearing and each taking by itself."""

    def _write(self, asked: Asked) -> Any:
        written = []
        for alone in Asked(saves=asked.saves, clears=asked.clears, takes=asked.takes).apart():
            written += super()._write(alone)
        return written


def _open(settings: ServiceSettings, _service: str, kinds: Any) -> OneByOne:
    return OneByOne(settings.sqlite_path, kinds)


if __name__ == "__main__":
    common.service.open_store = _open
    run(build(Settings()))
