"""Lets a service work only on a store that belongs to the log, and keeps both noted while it works."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiokafka.errors import KafkaError

from common.carrying import Publishing
from common.errors import Unavailable
from common.log_view import LogView, Place
from common.pairing import Pairing
from common.settings import ServiceSettings

COMPARE_SECONDS = 20.0  # for one comparison of store and log
NOTE_SECONDS = 5.0  # between two notes of a replica that runs
MARGIN = timedelta(seconds=5)  # clocks of replicas differ
RETRY_SECONDS = 0.5  # between two tries; a Kafka that is new has no coordinator of groups for some seconds


class PairingGuard:
    """`refusal` is the reason why the service does no work, once it is known; `refused` is called then."""

    def __init__(self, pairing: Pairing, view: LogView | None, publisher: Publishing, settings: ServiceSettings, log: Any) -> None:
        """Without a view of the log nothing is compared."""
        self.pairing, self.compares = pairing, view is not None
        self._view, self._publisher, self._settings, self._log = view, publisher, settings, log
        self.refusal: str | None = None
        self.refused: Callable[[], None] = lambda: None

    async def passed(self) -> bool:
        """Compare store and log as soon as Kafka answers; after an unclean end, what was acknowledged lately is sent again first."""
        said = ""
        while self._view is not None:
            try:
                async with asyncio.timeout(COMPARE_SECONDS):
                    refusal = await self.pairing.compare(await self._view.look())
                if refusal is None:
                    await self._send_again()
                    return True
            except (OSError, KafkaError, Unavailable) as error:  # TimeoutError is an OSError
                said = self._say_once(said, error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.refuse(refusal)
                return False
        return True

    def refuse(self, reason: str) -> None:
        """Do no work, and say why; whoever serves ends the process."""
        self.refusal = reason
        self._log.error("refused to work", reason=reason)
        self.refused()

    async def note_read(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Write down how far topics (with their prefix) have been processed; raises `Unavailable`."""
        if self._view is not None:
            prefix = self._settings.topic_prefix
            await self.pairing.note_read({(topic.removeprefix(prefix), number): offset for (topic, number), offset in offsets.items()})

    async def note_for_ever(self) -> None:
        """That this replica runs, what was acknowledged, and what no broker can lose any more: all that came before what is kept."""
        time, keep = asyncio.get_running_loop().time, self._settings.outbox_keep_seconds
        since, written, durable = time(), dict(self._publisher.written), dict[Place, int]()
        while self.compares:
            await asyncio.sleep(min(NOTE_SECONDS, keep + 1))
            if time() - since > keep:
                since, written, durable = time(), dict(self._publisher.written), written
            with suppress(Unavailable):
                await self.pairing.note(durable)

    async def close(self) -> None:
        """Note that the service has stopped cleanly."""
        if self.compares:
            with suppress(Unavailable):
                await self.pairing.close()

    async def _send_again(self) -> None:
        """What was acknowledged before a replica's last note is in the log, as its ends show; what came after it may be lost."""
        self._publisher.written |= self.pairing.written()
        if self.pairing.unclean_since is not None:
            count = await self._publisher.send_again(self.pairing.unclean_since - MARGIN)
            await self.pairing.forget_the_dead()
            self._log.info("sent again after an unclean stop", records=count)

    def _say_once(self, said: str, error: Exception) -> str:
        """Warn of a kind of error when it comes, and not at each try."""
        kind = type(error).__name__
        if kind != said:
            self._log.warning("kafka not reachable", kafka=self._settings.kafka_bootstrap_servers, error=error)
        return kind
