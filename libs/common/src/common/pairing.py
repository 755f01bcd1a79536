"""Holds a store against Kafka's log, so that a store or a log that was restored from another time is noticed before it does harm.

Consumers drop numbers that they have seen, and a group never reads again what it has committed. A store from yesterday would therefore
reuse numbers unnoticed and miss what came since. The store writes down how far it has read before its group commits that, and its events
before they are sent: so it always knows at least as much as the log does of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from common.aggregate import Aggregate
from common.clock import Clock
from common.epoch import Epoch, epoch_of
from common.errors import Contended
from common.ids import derived
from common.log_view import LastEvent, LogState, Place
from common.store.port import Store

ATTEMPTS = 20  # replicas that share a store write the same document
DEAD_AFTER = timedelta(seconds=30)  # a replica notes something every few seconds


class StorePairing(Aggregate):
    """What a store knows of the log; one document, that all replicas write."""

    collection: ClassVar[str] = "pairing"

    epoch: int = 1
    read: dict[str, int]
    """Up to which offset each partition has been processed: `topic/partition` to offset."""
    written: dict[str, int]
    """The offset after the last event of ours that Kafka has acknowledged, likewise."""
    durable: dict[str, int]
    """The same as it was before the last events that are kept for being sent again; no broker may have lost these."""
    open: dict[str, datetime]
    """Replicas that have not stopped cleanly, and when they last noted anything."""


class Pairing:
    """What one replica notes of the log, and what it compares at its start."""

    def __init__(
        self,
        service: str,
        store: Store,
        kinds: Sequence[type[Aggregate]],
        clock: Clock,
        epoch: Epoch,
        replica: str,
        written: Callable[[], Mapping[Place, int]] = dict,
    ) -> None:
        self._service, self._store, self._clock, self._epoch, self._replica = service, store, clock, epoch, replica
        self._kinds = [kind for kind in kinds if kind is not StorePairing]
        self._written = written
        self._id = derived("pairing", service)
        self._known: StorePairing | None = None
        self.unclean_since: datetime | None = None
        """The last time that a replica noted anything which had not stopped cleanly before this one started; None: all had."""

    async def open(self) -> None:
        """Learn the epoch of the store; before anything is saved."""
        self._known = await self._store.get(StorePairing, self._id)
        if self._known is not None:
            self._epoch.number = self._known.epoch
            self.unclean_since = min(self._known.open.values(), default=None)

    async def compare(self, log: LogState) -> str | None:
        """Why store and log do not belong together, or None; then the store is noted as one that works."""
        reason = await self.disagreement(log)
        if reason is None:
            if self._known is None:
                self._epoch.number = max((epoch_of(event.sequence) for event in log.last), default=1)
            await self._begin(log)
        return reason

    async def disagreement(self, log: LogState) -> str | None:
        """Why store and log do not belong together, or None; a store of before anything was noted is believed once."""
        self._known = await self._store.get(StorePairing, self._id)  # after the log was looked at: replicas read on meanwhile
        if self._known is None:
            knows_of_another = (log.committed or log.last) and await self._is_empty()
            reason = "is empty, but the log holds what an earlier store of this service has read or told" if knows_of_another else None
        else:
            reason = self._read_less(log) or await self._told_less(log) or self._told_more(log)
        return None if reason is None else self._refusal(reason)

    def read_up_to(self, place: Place) -> int:
        """The offset before which a partition has been processed, as far as the store knows."""
        return 0 if self._known is None else self._known.read.get(f"{place[0]}/{place[1]}", 0)

    async def begin_anew(self, epoch: int, read: Mapping[Place, int]) -> None:
        """Number events in another epoch, and believe that as much has been read; the log is right from here on."""

        def noted(pairing: StorePairing) -> None:
            pairing.epoch, pairing.read, pairing.written, pairing.durable, pairing.open = epoch, _named(read), {}, {}, {}

        await self._change(noted)

    def written(self) -> dict[Place, int]:
        """Where the last events of ours were acknowledged, as far as it was noted."""
        known = {} if self._known is None else self._known.written
        return {(name.rpartition("/")[0], int(name.rpartition("/")[2])): offset for name, offset in known.items()}

    async def note_read(self, offsets: Mapping[Place, int]) -> None:
        """Write down that everything before these offsets has been processed; before the group commits them. Raises `Unavailable`."""
        read = _named(offsets)

        def noted(pairing: StorePairing) -> None:
            pairing.read = _furthest(pairing.read, read)
            pairing.written = _furthest(pairing.written, _named(self._written()))
            pairing.open[self._replica] = self._clock.now()

        await self._change(noted)

    async def note(self, offsets: Mapping[Place, int]) -> None:
        """Write down that this replica runs, and which of our events no broker can lose any more."""
        durable = _named(offsets)

        def noted(pairing: StorePairing) -> None:
            pairing.durable = _furthest(pairing.durable, durable)
            pairing.written = _furthest(pairing.written, _named(self._written()))
            pairing.open[self._replica] = self._clock.now()

        await self._change(noted)

    async def forget_the_dead(self) -> None:
        """What replicas may have lost that do not note anything any more has been sent again."""
        alive = self._clock.now() - DEAD_AFTER

        def noted(pairing: StorePairing) -> None:
            pairing.open = {name: seen for name, seen in pairing.open.items() if seen > alive}

        await self._change(noted)

    async def close(self) -> None:
        """Note that this replica has stopped cleanly: nothing of its own is under way."""

        def noted(pairing: StorePairing) -> None:
            pairing.open.pop(self._replica, None)
            pairing.written = _furthest(pairing.written, _named(self._written()))

        if self._known is not None:
            await self._change(noted)

    async def _begin(self, log: LogState) -> None:
        committed, now = _named(log.committed), self._clock.now()

        def noted(pairing: StorePairing) -> None:
            pairing.epoch = self._epoch.number
            pairing.read = _furthest(pairing.read, committed)
            pairing.open[self._replica] = now

        await self._change(noted)

    async def _change(self, change: Callable[[StorePairing], None]) -> None:
        for _ in range(ATTEMPTS):
            pairing = self._known or StorePairing(id=self._id, read={}, written={}, durable={}, open={})
            changed = pairing.model_copy(deep=True)
            change(changed)
            if changed == pairing and pairing.version:
                return
            changed.version += 1
            if await self._store.save(changed, ()):
                self._known = changed
                return
            self._known = await self._store.get(StorePairing, self._id)
        raise Contended("Too many replicas note at once how far they have read.")

    async def _is_empty(self) -> bool:
        for kind in self._kinds:
            if await self._store.count(kind, {}):
                return False
        return True

    def _read_less(self, log: LogState) -> str | None:
        read = {} if self._known is None else self._known.read
        behind = {name: offset - read.get(name, 0) for name, offset in _named(log.committed).items() if offset > read.get(name, 0)}
        if not behind:
            return None
        return f"is older than the log: its group has read {sum(behind.values())} records that the store knows nothing of"

    async def _told_less(self, log: LogState) -> str | None:
        unknown = [event for event in log.last if await self._is_unknown(event)]
        if not unknown:
            return None
        topics = ", ".join(sorted({event.topic for event in unknown}))
        return f"is older than the log: it does not know the last events that this service has told ({topics})"

    def _told_more(self, log: LogState) -> str | None:
        """Only of topics that may be looked at: what holds personal data is written and never read here."""
        durable, ends = {} if self._known is None else self._known.durable, _named(log.ends)
        lost = {name: offset - ends[name] for name, offset in durable.items() if name in ends and ends[name] < offset}
        return f"is newer than the log: {sum(lost.values())} events that Kafka had acknowledged are not there any more" if lost else None

    async def _is_unknown(self, event: LastEvent) -> bool:
        """Events of an earlier epoch may be of a store that is gone for good."""
        epoch = epoch_of(event.sequence)
        return epoch > self._epoch.number or (epoch == self._epoch.number and await self._told(event) < event.sequence)

    async def _told(self, event: LastEvent) -> int:
        for kind in self._kinds:
            aggregate = await self._store.get(kind, event.subject)
            if aggregate is not None:
                return aggregate.told.get(event.topic, 0)
        return 0

    def _refusal(self, reason: str) -> str:
        return f"The store of {self._service} {reason}. Nothing has been changed; `loket recover {self._service}` says more and mends it."


def _named(offsets: Mapping[Place, int]) -> dict[str, int]:
    return {f"{topic}/{partition}": offset for (topic, partition), offset in offsets.items()}


def _furthest(known: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {**known, **{name: max(offset, known.get(name, 0)) for name, offset in more.items()}}
