"""Brings a service whose store does not belong to Kafka's log back to work: what it does to the store, to its group and to its numbers.

A store that is older than the log is brought up to date from the events of its own service, where the service knows how, and reads what it
has missed again. From then on its events have a new epoch, so that no number is used twice. What the log does not hold is named as lost.
"""

from collections.abc import Callable
from typing import Any

from common.blueprint import Blueprint
from common.clock import Clock
from common.cloudevents import Malformed, parse
from common.epoch import Epoch, epoch_of
from common.log import LogError, members_of, open_log, set_group_offsets
from common.log_view import KafkaLogView, LogState, Place
from common.pairing import Pairing
from common.restoring import Restoring
from common.store.opening import open_store
from common.store.port import Store

Say = Callable[[str], None]


class Recovery:
    """The recovery of one service; all of its replicas must have stopped."""

    def __init__(self, blueprint: Blueprint[Any], clock: Clock, log: Any, say: Say) -> None:
        self._blueprint, self._settings, self._clock, self._say = blueprint, blueprint.settings, clock, say
        self._group = self._settings.topic_prefix + blueprint.name
        self._view = KafkaLogView(self._settings, self._group, blueprint.own_topics(), log)
        self._epoch = Epoch()

    async def run(self, *, dry_run: bool) -> bool:
        """Whether store and log belong together afterwards; raises `LogError` while a replica runs or the log has lost its beginning."""
        kinds = self._blueprint.kinds()
        store = open_store(self._settings, self._blueprint.name, kinds)
        await store.start()
        try:
            pairing = Pairing(self._blueprint.name, store, kinds, self._clock, self._epoch, "recovery")
            await pairing.open()
            log = await self._view.look()
            reason = await pairing.disagreement(log)
            if reason is None:
                self._say(f"The store of {self._blueprint.name} and the log belong together; there is nothing to recover.")
                return True
            self._say(reason.partition(" Nothing has been changed")[0])
            return await self._recover(store, pairing, log, dry_run=dry_run)
        finally:
            await store.close()

    async def _recover(self, store: Store, pairing: Pairing, log: LogState, *, dry_run: bool) -> bool:
        offsets = {place: min(offset, pairing.read_up_to(place)) for place, offset in log.committed.items()}
        again = sum(offset - offsets[place] for place, offset in log.committed.items())
        epoch = max([self._epoch.number, *(epoch_of(event.sequence) for event in log.last)]) + 1
        restoring = None if self._blueprint.restoring is None else self._blueprint.restoring()
        if dry_run:
            self._say(f"Would restore from its own events: {', '.join(restoring.topics) if restoring else 'nothing'}.")
            self._say(f"Would read {again} records again, and number its events anew (epoch {epoch}).")
            return False
        if count := await members_of(self._settings, self._group):
            raise LogError(f"{count} replicas of {self._blueprint.name} are running; stop them first.")
        if restoring is not None:
            await self._hear_all(restoring)
            for sentence in await restoring.restore(store, self._clock):
                self._say(sentence)
        await pairing.begin_anew(epoch, offsets)  # before the group goes back: broken off in between, it is refused and recovered again
        await set_group_offsets(self._settings, self._group, await self._within_the_log(offsets))
        self._say(f"{again} records are read again at the next start; events are numbered in epoch {epoch}.")
        return True

    async def _hear_all(self, restoring: Restoring) -> None:
        prefix, strange = self._settings.topic_prefix, 0
        async with open_log(self._settings, restoring.topics) as log:
            async for record in log.records():
                try:
                    restoring.hear(parse(record, record.topic.removeprefix(prefix)))
                except Malformed:
                    strange += 1
        if strange:
            self._say(f"{strange} records that are no event were left out.")

    async def _within_the_log(self, offsets: dict[Place, int]) -> dict[Place, int]:
        """A log that was restored ends before what had been read."""
        async with open_log(self._settings, sorted({topic for topic, _ in offsets}), whole=False) as log:
            return {place: min(offset, log.ends.get(place, offset)) for place, offset in offsets.items()}
