"""Starts, watches and stops the platform; single-threaded, because children die with the thread that started them."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from loket.clockfile import read_shift
from loket.embedded.child import Child, is_free, start_child, tail
from loket.embedded.jars import KAFKA, is_cached
from loket.embedded.kafka_cluster import refuse_another_number
from loket.errors import LoketError
from loket.supervisor.environment import service_environment
from loket.supervisor.folder import StateFolder
from loket.supervisor.layout import SERVICES, Layout
from loket.supervisor.own_kafka import own_kafka
from loket.supervisor.pauses import WINDOW, Pauses

CreateTopics = Callable[[str], Awaitable[None]]
READY_WITHIN = 90.0
"""Seconds from the start of the services until the last one is ready."""
PATIENCE = 35.0
"""Seconds that a service may take to finish what it has in hand."""
MOST_RESTARTS = 5
"""Who is told to give up does so when a part ends more often than this within WINDOW."""
LEAST_BYTES = 100 * 1024**2
"""With less left on the disk the platform stops while it still can do so cleanly."""
_MAILBOX = "mailbox"
_KAFKA = "kafka"
_PARTS = (_MAILBOX, *SERVICES)


class Supervisor:
    """`start`, then `tend` a few times a second, then `stop`; or as a context manager."""

    def __init__(
        self,
        layout: Layout,
        create_topics: CreateTopics,
        *,
        say: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str] = os.environ,
        give_up: bool = False,
    ) -> None:
        self.layout = layout
        self.folder = StateFolder(layout.folder)
        self.kafka = own_kafka(layout, self.folder)
        self.children: dict[str, Child] = {}
        self._create_topics = create_topics
        self._say = say
        self._environ = environ
        self._give_up = give_up
        self.pauses = Pauses()
        self._client = httpx.Client(timeout=2, trust_env=False)  # each reads the certificates of all authorities: one is enough

    def start(self) -> None:
        """Returns when every service is ready; whatever goes wrong, nothing keeps running."""
        self.folder.hold()
        try:
            self.folder.check_space()
            read_shift(self.folder.clock)
            self._check_ports()
            self.folder.prepare(self.layout.region)
            self._start_kafka()
            self._start_parts()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def tend(self) -> None:
        """Starts again what ended by itself, after a pause that grows; the others go on. Never waits, but for Kafka to answer."""
        self.folder.check_space(LEAST_BYTES)
        if self.kafka and not self.kafka.alive and self._may_start(_KAFKA, self.folder.log(_KAFKA)):
            self._revive_kafka()
        for name, child in list(self.children.items()):
            if not child.alive and self._may_start(name, child.log, child.popen.returncode):
                self._start(name)

    def stop(self) -> None:
        """Services first, so that they can finish what they have in hand; then the mailbox, then Kafka."""
        services = [self.children.pop(name) for name in SERVICES if name in self.children]
        if services:
            self._say("Stopping the services …")
            _stop_together(services)
        if mailbox := self.children.pop(_MAILBOX, None):
            mailbox.stop(PATIENCE)
        if self.kafka and self.kafka.alive:
            self._say("Stopping Kafka …")
        if self.kafka:
            self.kafka.stop()
        self.folder.release()
        self._client.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def not_ready(self) -> list[str]:
        """The parts that do not answer their readiness question with 200 now."""
        return [name for name in _PARTS if not _is_ready(self._client, self.layout.address(name))]

    def _check_ports(self) -> None:
        for name, port in self.layout.needed_ports.items():
            if not is_free(port):
                raise LoketError(
                    f"Port {port}, meant for {name}, is used by another program: stop that program,"
                    " or move all ports with LOKET_PORT_BASE (8100 unless set; for example LOKET_PORT_BASE=8200)."
                )

    def _start_kafka(self) -> None:
        if self.kafka:
            refuse_another_number(self.folder.kafka, self.layout.brokers)
            cached = is_cached(KAFKA, self.layout.cache)
            self._say("Starting Kafka …" if cached else "Fetching the jars of Kafka (44 MB, only this once) and starting it …")
            self.kafka.start()
        self._say("Making the topics …")
        with ThreadPoolExecutor(1) as thread:  # the caller may be inside a running event loop
            thread.submit(lambda: asyncio.run(_awaited(self._create_topics, self.layout.bootstrap))).result()

    def _start_parts(self) -> None:
        self._say("Starting the mailbox and the services …")
        for name in _PARTS:
            self._start(name)

    def _start(self, name: str) -> None:
        if name == _MAILBOX:
            ports = ["--smtp-port", str(self.layout.ports.smtp), "--http-port", str(self.layout.ports.mailbox)]
            command, environ = ["loket.embedded.mailbox", *ports], dict(self._environ)
        else:
            command, environ = [name], service_environment(name, self.layout, self.folder, self._environ)
        self.children[name] = start_child(name, [sys.executable, "-P", "-m", *command], self.folder.log(name), environ)

    def _wait_until_ready(self) -> None:
        waiting, deadline = list(_PARTS), time.monotonic() + READY_WITHIN
        while waiting:
            self._refuse_an_early_end()
            if time.monotonic() > deadline:
                tail = "".join(f"\n  {name} ({self.children[name].log}):{self.children[name].tail()}" for name in waiting)
                raise LoketError(f"Not ready within {READY_WITHIN:.0f} s: {', '.join(waiting)}. The end of the log says why:{tail}")
            time.sleep(0.1)
            still = self.not_ready()
            for name in sorted(set(waiting) - set(still)):
                self._say(f"  {name} is ready")
            waiting = still

    def _refuse_an_early_end(self) -> None:
        for name, child in self.children.items():
            if not child.alive:
                raise LoketError(
                    f"{name} ended while it started (status {child.popen.returncode}); the end of {child.log} says why:{child.tail()}"
                )

    def _revive_kafka(self) -> None:
        assert self.kafka is not None
        try:
            self.kafka.revive()
        except LoketError as error:
            if self._give_up:
                raise
            self._say(str(error))

    def _may_start(self, name: str, log: Path, status: int | None = None) -> bool:
        if not self.pauses.rests(name):
            self._note_end(name, log, status)
        return self.pauses.may_start(name)

    def _note_end(self, name: str, log: Path, status: int | None) -> None:
        times, pause = self.pauses.note_end(name)
        if self._give_up and times > MOST_RESTARTS:
            raise LoketError(f"{name} ended {times} times within {WINDOW:.0f} s and is not started again: look into {log}.")
        ended = f"{name} ended{'' if status is None else f' (status {status})'}"
        if not pause:
            self._say(f"{ended}; starting it again.")
            return
        self._say(
            f"{ended}, {times} times within {WINDOW / 60:.0f} minutes; starting it again in {pause:.0f} s. {log} says why:{tail(log, 3)}"
        )


async def _awaited(create_topics: CreateTopics, bootstrap: str) -> None:
    await create_topics(bootstrap)


def _is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}/health/ready").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _stop_together(children: list[Child]) -> None:
    for child in children:
        if child.alive:
            child.popen.terminate()
    for child in children:
        child.stop(PATIENCE)
