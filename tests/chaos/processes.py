"""The processes of a run: each knows how it is started, and is killed, stopped and started again by one owner."""

import asyncio
import http.client
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from loket.embedded.child import HOST, Child, start_child
from loket.supervisor.layout import METRICS

READY_WITHIN = 60.0


class Process:
    """A replica of a service, or a tool of the rig."""

    def __init__(self, name: str, command: Sequence[str], output: Path, environ: Mapping[str, str], port: int = 0) -> None:
        self.name, self.port = name, port
        self._command, self._output, self._environ = [sys.executable, "-P", *command], output, environ
        self.child: Child | None = None
        self.wanted = False

    @property
    def metrics_port(self) -> int:
        return self.port + METRICS

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.popen.pid

    def start(self) -> None:
        self.wanted = True
        if not self.alive:
            self.child = start_child(self.name, self._command, self._output, self._environ)

    def send(self, number: signal.Signals) -> bool:
        """Whether there was somebody to hear it."""
        if not self.alive:
            return False
        assert self.child is not None
        self.child.popen.send_signal(number)
        return True

    def kill(self) -> bool:
        """As a machine that loses its power does; it is to be started again by whoever killed it."""
        self.wanted = False
        return self.send(signal.SIGKILL)

    async def end(self, patience: float = 40.0) -> int | None:
        """Ask it to end, and wait; its status, None where it had to be killed. Somebody else may have started its successor by then."""
        self.wanted = False
        child = self.child
        if child is None or not self.send(signal.SIGTERM):
            return 0
        for _ in range(int(patience / 0.1)):
            if not child.alive:
                return child.popen.returncode
            await asyncio.sleep(0.1)
        child.kill()
        return None

    async def ready(self, within: float = READY_WITHIN) -> bool:
        """Wait until it says that it is ready; whether it did."""
        for _ in range(int(within / 0.25)):
            if self.alive and await asyncio.to_thread(is_ready, self.port):
                return True
            await asyncio.sleep(0.25)
        return False


def is_ready(port: int) -> bool:
    return ask(port, "/health/ready")[0] == http.client.OK


def ask(port: int, path: str, seconds: float = 2) -> tuple[int, str]:
    """Status and text of an answer; 0 without one."""
    line = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        line.close()
