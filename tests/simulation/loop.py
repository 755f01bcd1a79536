"""An event loop in virtual time that knows whose turn it is: each process has a queue of its own, and a seed says who goes next."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from random import Random
from typing import Any

MOST_STEPS = 3_000_000  # turns after which a run counts as one that never ends


class Process:
    """Something that runs, stalls and dies as a whole; what it leaves in its queue when it dies is never run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[asyncio.Handle] = deque()
        self.frozen = self.dead = False
        self.fuse: int | None = None
        self.context = copy_context()
        self.context.run(OF.set, self)

    def __repr__(self) -> str:
        return self.name


OF: ContextVar["Process | None"] = ContextVar("OF", default=None)
"""Whose code is running; copied to whatever that code starts, as asyncio copies every context."""


class Stuck(Exception):
    """Nothing will ever happen any more, or it never ends."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Within a process callbacks keep their order, as asyncio promises; between processes any order is legal, and chance decides.

    Time stands still while anything can run and jumps to the next timer when nothing can.
    """

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.outside = Process("outside")
        self.died: Callable[[Process], None] = lambda process: None
        self.steps = 0
        self._chance, self._now = chance, 0.0
        self._runnable: list[Process] = []
        self._processes: dict[Process, None] = {}
        self.set_exception_handler(_nobody_hears)

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    def call_soon_threadsafe(self, *args: Any, **more: Any) -> Any:
        raise Stuck("A simulation has one thread.")

    def run_in_executor(self, *args: Any) -> Any:
        raise Stuck("A simulation has one thread.")

    def spawn(self, process: Process, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run a coroutine as part of a process."""
        self._processes.setdefault(process)
        return self.create_task(work, context=process.context.copy())

    def freeze(self, process: Process) -> None:
        """Let a process do nothing until it is thawed."""
        process.frozen = True
        if process in self._runnable:
            self._runnable.remove(process)

    def thaw(self, process: Process, *, also_dead: bool = False) -> None:
        """Let a process go on where it was; the dead stay where they are."""
        if process.frozen and (also_dead or not process.dead):
            process.frozen = False
            if process.ready:
                self._runnable.append(process)

    def kill(self, process: Process) -> None:
        """End a process as if the power had gone: no clean-up of it ever runs."""
        if process.dead:
            return
        process.dead, process.fuse = True, None
        self.freeze(process)
        self.died(process)

    def end(self) -> None:
        """Take everything apart quietly: the dead may run once more, only to be cancelled; by now no port acts for anybody."""
        for process in self._processes:
            process.dead = True
            self.freeze(process)
        for _ in range(5):
            for process in self._processes:
                self.thaw(process, also_dead=True)
            tasks = [task for task in asyncio.all_tasks(self) if not task.done()]
            for task in tasks:
                task.cancel()
            if tasks:
                self.run_until_complete(asyncio.wait(tasks, timeout=600))
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _enqueue(self, handle: asyncio.Handle) -> None:
        process = handle._context.get(OF) or self.outside
        process.ready.append(handle)
        if len(process.ready) == 1 and not process.frozen:
            self._runnable.append(process)

    def _run_once(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Stuck(f"Not over after {MOST_STEPS} turns.")
        self._pass_time()
        runnable = self._runnable
        at = int(self._chance.random() * len(runnable)) if len(runnable) > 1 else 0
        process = runnable[at]
        handle = process.ready.popleft()
        if not process.ready:
            runnable.pop(at)
        if not handle._cancelled:
            handle._run()
            if process.fuse is not None:
                self._burn(process)

    def _pass_time(self) -> None:
        while not self._runnable or (self._scheduled and self._scheduled[0]._when <= self._now):
            if not self._scheduled:
                raise Stuck("Nothing will ever happen any more.")
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._now = max(self._now, handle._when)
            if not handle._cancelled:
                self._enqueue(handle)

    def _burn(self, process: Process) -> None:
        assert process.fuse is not None
        process.fuse -= 1
        if process.fuse <= 0:
            self.kill(process)


def _nobody_hears(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """What tasks of the dead would have said."""
