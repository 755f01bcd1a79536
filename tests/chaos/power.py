"""A loss of power: brokers and services end at once, and Kafka's files are what had reached the disk."""

import asyncio
from collections.abc import Callable

from power_cut import forget_unflushed

from chaos.plan import Fault
from chaos.platform import Platform
from loket.embedded.kafka import EmbeddedKafka

BACK = "power_back"


class PowerCuts:
    """The mail provider, the wire and who is outside stand elsewhere and go on."""

    def __init__(self, platform: Platform, note: Callable[..., None]) -> None:
        self._platform, self._note = platform, note

    async def carry_out(self, fault: Fault) -> None:
        """Returns when every process runs again; whoever heals waits until they are ready."""
        nodes = self._platform.cluster.nodes
        for one in (*self._platform.services, *nodes):
            one.kill()
        cut = await asyncio.to_thread(lose_what_was_not_flushed, nodes)
        self._note(fault.fault, "all", seconds=fault.seconds, detail=f"{cut} batches had not reached the disk")
        await asyncio.sleep(fault.seconds)
        await start_all(nodes)
        for process in self._platform.services:
            process.start()
        self._note(BACK, "all")
        await asyncio.gather(*(process.ready() for process in self._platform.services))


async def start_all(nodes: list[EmbeddedKafka]) -> None:
    """Each answers only when most of them run."""
    for node in nodes:
        node.launch()
    for node in nodes:
        await asyncio.to_thread(node.await_answer)


def lose_what_was_not_flushed(nodes: list[EmbeddedKafka]) -> int:
    """The number of batches, each copy counted."""
    return sum(forget_unflushed(node.folder / "records") for node in nodes)
