"""Three real Kafkas on one machine that keep what each other has: one of them may die and nothing stops."""

import base64
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from loket.embedded.kafka import READY_WITHIN, EmbeddedKafka
from loket.embedded.kafka_properties import BROKERS, Member
from loket.errors import LoketError

PATIENCE = 10.0
"""Seconds in which the nodes may end cleanly."""


class KafkaCluster:
    """Each node is broker and controller in one; all is kept under `folder`, a folder per node."""

    def __init__(
        self,
        folder: Path,
        *,
        ports: Sequence[int],
        controllers: Sequence[int],
        cache: Path | None = None,
        log: Callable[[int], Path] | None = None,
        properties: Callable[[int], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """Ports in the order of the nodes, whose numbers begin at 1; `log` and `properties` are asked for each number."""
        self.folder = folder.resolve()
        cluster = base64.urlsafe_b64encode(uuid.uuid5(uuid.NAMESPACE_URL, self.folder.as_uri()).bytes).decode().rstrip("=")
        self.nodes = [
            EmbeddedKafka(
                node_folder(self.folder, number),
                port=port,
                cache=cache,
                log=log(number) if log else None,
                properties=properties(number),
                member=Member(number, tuple(controllers), cluster),
            )
            for number, port in zip(range(1, BROKERS + 1), ports, strict=True)
        ]

    @property
    def bootstrap(self) -> str:
        return ",".join(node.bootstrap for node in self.nodes)

    @property
    def alive(self) -> bool:
        return all(node.alive for node in self.nodes)

    def start(self) -> str:
        """Returns the bootstrap addresses once every node knows of all; whatever goes wrong, nothing keeps running."""
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.await_answer()
            self._wait_until_complete()
        except BaseException:
            self.stop()
            raise
        return self.bootstrap

    def revive(self) -> None:
        """Start again those nodes that have ended by themselves; the others go on."""
        dead = [node for node in self.nodes if not node.alive]
        for node in dead:
            node.stop()
            node.launch()
        for node in dead:
            node.await_answer()

    def stop(self) -> None:
        """All at once: the last to leave find nobody to take leave of, and wait for that in vain; what was acknowledged lies on disk."""
        for node in self.nodes:
            node.ask_to_stop()
        deadline = time.monotonic() + PATIENCE
        for node in self.nodes:
            node.stop(max(0.1, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _wait_until_complete(self) -> None:
        """A topic with a copy on each broker can be made only when all of them are known."""
        deadline = time.monotonic() + READY_WITHIN
        while not all(node.answers(BROKERS) for node in self.nodes):
            if time.monotonic() > deadline:
                raise LoketError(
                    f"The brokers of Kafka did not find each other within {READY_WITHIN:.0f} s; their logs are under {self.folder}."
                )
            time.sleep(0.05)


def node_folder(folder: Path, number: int) -> Path:
    return folder / f"broker-{number}"


def refuse_another_number(folder: Path, brokers: int) -> None:
    """What was kept by one broker is not found by three, and the other way round."""
    was = 1 if (folder / "formatted").exists() else BROKERS if (node_folder(folder, 1) / "formatted").exists() else brokers
    if was != brokers:
        raise LoketError(
            f"The Kafka under {folder} was made with --brokers {was} and cannot be started with {brokers}: start it with --brokers {was},"
            " give the other one a folder of its own (LOKET_FOLDER), or wipe it (`loket reset`)."
        )
