"""Scheduling with the compare-and-set of agendas switched off: who writes last wins. Only to show what it keeps away, and what it costs."""

from collections.abc import Sequence
from typing import Any

import common.service
from common.serving import run
from common.settings import ServiceSettings
from common.store.coalescing import Saving
from common.store.sqlite import SqliteStore
from common.store.writing import Writer
from scheduling.app import build
from scheduling.domain.agenda import Agenda
from scheduling.settings import Settings


class LastWins(Writer):
    """Takes every agenda as if it had been read a moment ago."""

    def save(self, savings: Sequence[Saving]) -> list[bool]:
        save = super().save  # one by one, since each has to see what the one before has written
        return [saved for saving in savings for saved in save([self._just_read(saving)])]

    def _just_read(self, saving: Saving) -> Saving:
        if saving.key[0] != Agenda.collection:
            return saving
        row = self._db.execute(f"select version from {Agenda.collection} where id = ?", [saving.key[1]]).fetchone()
        return saving._replace(version=(row[0] if row else 0) + 1)


class Unguarded(SqliteStore):
    """A store in which the last who writes wins."""

    def _open(self) -> None:
        super()._open()
        self._writer = LastWins(self._db, self._kinds.values())


def _open(settings: ServiceSettings, _service: str, kinds: Any) -> Unguarded:
    return Unguarded(settings.sqlite_path, kinds)


if __name__ == "__main__":
    common.service.open_store = _open
    run(build(Settings()))
