"""Carries out the plan, writes down what it did, and undoes it; the only one that kills, stops and starts anything."""

import asyncio
import resource
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

from confluent_kafka.admin import AdminClient

from chaos.cutoffs import CutOffs
from chaos.ledger import Ledger
from chaos.plan import CUT_OFF, Fault
from chaos.platform import Platform
from chaos.poison import Poisoner
from chaos.power import PowerCuts
from chaos.processes import Process
from chaos.restores import Restores
from chaos.shifting import forward

FULL = 64 * 1024
"""Bytes beyond which no file of a process may grow while its disk is full."""
WHOLE_WITHIN = 40.0
"""Seconds that brokers get to catch up with each other before the next of them is killed."""


class Killer:
    """Faults overlap; only brokers wait for each other."""

    def __init__(self, platform: Platform, ledger: Ledger, poisoner: Poisoner) -> None:
        self._platform, self._ledger, self._poisoner = platform, ledger, poisoner
        self._cut_offs, self._power_cuts = CutOffs(platform, self._note), PowerCuts(platform, self._note)
        self._restores = Restores(platform, self._note)
        self._one_broker = asyncio.Lock()
        self._admin = AdminClient({"bootstrap.servers": platform.layout.bootstrap, "log_level": 0})
        self.done: Counter[str] = Counter()
        self.unasked: list[str] = []

    async def work(self, faults: list[Fault]) -> None:
        """Returns when everything has been done and undone and every process runs."""
        loop = asyncio.get_running_loop()
        began, watching = loop.time(), asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as group:
                for fault in faults:
                    await asyncio.sleep(max(0.0, began + fault.at - loop.time()))
                    group.create_task(self._carry_out(fault))
        finally:
            watching.cancel()

    async def _carry_out(self, fault: Fault) -> None:
        attacks: dict[str, Callable[[Fault], Awaitable[None]]] = {
            "sigkill": self._kill,
            "sigstop": self._stop,
            "broker_kill": self._kill_broker,
            "rolling_restart": self._restart_all,
            "mail_standstill": self._stand_still,
            "store_stall": self._stall_store,
            "disk_full": self._fill_disk,
            "clock_shift": self._shift_clock,
            "poison": self._poison,
            "power_cut": self._power_cuts.carry_out,
            "restore": self._restores.carry_out,
            **dict.fromkeys(CUT_OFF, self._cut_offs.carry_out),
        }
        await attacks.get(fault.fault, self._cut_wire)(fault)

    def _note(self, fault: str, target: str, **more: object) -> None:
        self._ledger.note(fault=fault, target=target, **more)
        self.done[fault] += 1

    def _named(self, name: str) -> Process:
        return next(process for process in self._platform.services if process.name == name)

    async def _watch(self) -> None:
        """Who ends without having been killed is started again, and remembered."""
        while True:
            await asyncio.sleep(0.5)
            for process in self._platform.services:
                if process.wanted and not process.alive:
                    status = process.child.popen.returncode if process.child else None
                    self.unasked.append(f"{process.name} ended by itself (status {status})")
                    self._note("restart", process.name, detail=f"ended by itself, status {status}")
                    process.start()

    async def _kill(self, fault: Fault) -> None:
        process = self._named(fault.target)
        if process.kill():
            self._note("sigkill", fault.target, seconds=fault.seconds)
        await asyncio.sleep(fault.seconds)
        self._start(process)

    def _start(self, process: Process) -> None:
        if not process.alive:
            process.start()
            self._note("start", process.name)

    async def _stop(self, fault: Fault) -> None:
        process = self._named(fault.target)
        child = process.child
        if not process.send(signal.SIGSTOP):
            return
        self._note("sigstop", fault.target, seconds=fault.seconds)
        await asyncio.sleep(fault.seconds)
        if process.child is child and process.send(signal.SIGCONT):
            self._note("sigcont", fault.target)

    async def _kill_broker(self, fault: Fault) -> None:
        async with self._one_broker:
            await self._until_whole()
            node = self._platform.broker(int(fault.target[-1]))
            node.kill()
            self._note("broker_kill", fault.target, seconds=fault.seconds)
            await asyncio.sleep(fault.seconds)
            node.launch()
            await asyncio.to_thread(node.await_answer)
            self._note("broker_start", fault.target)
            await self._until_whole()

    async def _until_whole(self) -> None:
        """Every broker has what every other has: one more may go. Given up after a while, and said."""
        deadline = time.monotonic() + WHOLE_WITHIN
        while not await asyncio.to_thread(self._is_whole):
            if time.monotonic() > deadline:
                self.unasked.append(f"the brokers did not catch up within {WHOLE_WITHIN:.0f} s")
                return
            await asyncio.sleep(0.5)

    def _is_whole(self) -> bool:
        try:
            topics = self._admin.list_topics(timeout=5).topics.values()
        except Exception:  # noqa: BLE001 - whatever it is, they are not whole
            return False
        return all(len(partition.isrs) == len(partition.replicas) for topic in topics for partition in topic.partitions.values())

    async def _stand_still(self, fault: Fault) -> None:
        """The mail provider takes connections and answers nothing while notifications is updated, and for a while before."""
        self._note("mail_standstill", "all", seconds=fault.seconds)
        self._platform.mail.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.seconds)
            await self._restart(self._platform.of("notifications"))
        finally:
            self._platform.mail.send(signal.SIGCONT)

    async def _restart_all(self, _fault: Fault) -> None:
        """One after the other, each cleanly and ready again before the next: an update of the platform."""
        self._note("rolling_restart", "all")
        await self._restart(self._platform.services)

    async def _restart(self, processes: list[Process]) -> None:
        for process in processes:
            status = await process.end()
            self._note("restart", process.name, detail="asked to end" if status == 0 else f"asked to end, status {status}")
            process.start()
            await process.ready()

    async def _cut_wire(self, fault: Fault) -> None:
        draw = Random(fault.draw)
        told = {
            "place": fault.target,
            "fault": fault.fault,
            "seconds": fault.seconds,
            "share": draw.choice((0.3, 0.6, 1.0)),
            "seed": fault.draw,
        }
        self._platform.tell_the_wire(told)
        self._note(fault.fault, fault.target, seconds=fault.seconds, detail=f"{told['share']:.0%} of the connections")
        await asyncio.sleep(fault.seconds)

    async def _stall_store(self, fault: Fault) -> None:
        """Somebody else holds the write lock of the store file: who writes waits, and gives up after ten seconds."""
        path = self._platform.state.store(fault.target)
        if path.exists() and await asyncio.to_thread(hold_lock, path, fault.seconds):
            self._note("wire_stall", f"{fault.target} store", seconds=fault.seconds, detail="the write lock was held until now")

    async def _fill_disk(self, fault: Fault) -> None:
        """Writes beyond a size fail as they do on a full disk (EFBIG for ENOSPC); needs no rights, and concerns the log as well."""
        pids = [process.pid for process in self._platform.of(fault.target) if process.alive]
        for pid in pids:
            limit_files(pid, FULL)
        self._note("disk_full", fault.target, seconds=fault.seconds, detail=f"RLIMIT_FSIZE {FULL} for {len(pids)} processes")
        await asyncio.sleep(fault.seconds)
        for pid in pids:
            limit_files(pid, resource.RLIM_INFINITY)
        self._note("disk_freed", fault.target)

    async def _shift_clock(self, fault: Fault) -> None:
        forward(self._platform.state.clock, timedelta(seconds=int(fault.seconds)))
        self._note("clock_shift", "all", seconds=int(fault.seconds))

    async def _poison(self, fault: Fault) -> None:
        line = await self._poisoner.put(fault.target, Random(fault.draw))
        if line:
            self._note("poison", line["topic"], detail=fault.target)

    async def heal(self) -> None:
        """Everything that should run does, and is ready."""
        for process in self._platform.services:
            process.send(signal.SIGCONT)
            self._start(process)
        self._platform.mail.send(signal.SIGCONT)
        self._platform.mail.send(signal.SIGUSR1)
        ready = await asyncio.gather(*(process.ready() for process in self._platform.services))
        late = [process.name for process, one in zip(self._platform.services, ready, strict=True) if not one]
        self.unasked += [f"{name} is not ready after the faults" for name in late]


def hold_lock(path: Path, seconds: float) -> bool:
    """Whether it could be had."""
    with closing(sqlite3.connect(path, timeout=2, isolation_level=None)) as store:
        try:
            store.execute("begin immediate")
        except sqlite3.OperationalError:
            return False
        time.sleep(seconds)
        store.execute("rollback")
    return True


def limit_files(pid: int, most: int) -> None:
    """A process that has ended meanwhile needs none."""
    try:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
    except ProcessLookupError:
        return
