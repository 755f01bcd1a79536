"""Scheduling with the compare-and-set of agendas switched off: who writes last wins. Only to show what it keeps away, and what it costs."""

from typing import Any

import common.service
from common.serving import run
from common.settings import ServiceSettings
from common.store.coalescing import Saving
from common.store.sqlite import SqliteStore
from scheduling.app import build
from scheduling.domain.agenda import Agenda
from scheduling.settings import Settings


class Unguarded(SqliteStore):
    """Takes every agenda as if it had been read a moment ago."""

    def _save(self, saving: Saving) -> bool:
        if saving.key[0] == Agenda.collection:
            row = self._db.execute(f"select version from {Agenda.collection} where id = ?", [saving.key[1]]).fetchone()
            saving = saving._replace(version=(row[0] if row else 0) + 1)
        return super()._save(saving)


def _open(settings: ServiceSettings, _service: str, kinds: Any) -> Unguarded:
    return Unguarded(settings.sqlite_path, kinds)


if __name__ == "__main__":
    common.service.open_store = _open
    run(build(Settings()))
