"""A program that we started: its log file, its end, and what it said last."""

import itertools
import os
import random
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loket.embedded.interrupts import undisturbed
from loket.embedded.tether import tethered

HOST = "127.0.0.1"
_PORTS = range(10_000, 32_768)
"""Linux lends its clients the ports from 32,768 on (ip_local_port_range), others those from 49,152 on (RFC 6335)."""
PRIVATE = 0o077
"""The umask under which everything is written: stores and logs of one machine may hold what only its owner is to read."""
_FIRST = random.SystemRandom().randrange(len(_PORTS))
_IN_TURN = itertools.cycle(itertools.chain(_PORTS[_FIRST:], _PORTS[:_FIRST]))
"""No process gives a port twice, and two that ask at one moment hardly ever give the same."""


@dataclass(frozen=True)
class Child:
    """A process in a session of its own, so that Ctrl-C reaches us only and we stop things in order."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        with undisturbed():
            return self.popen.poll() is None

    def stop(self, patience: float) -> bool:
        """SIGTERM, then SIGKILL after so many seconds; says whether it ended by itself."""
        if self.alive:
            self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def tail(self, lines: int = 15) -> str:
        return tail(self.log, lines)


def start_child(name: str, command: Sequence[str | os.PathLike[str]], log: Path, environ: Mapping[str, str] | None = None) -> Child:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        popen = subprocess.Popen(  # noqa: S603 the command is ours
            tethered(command), stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environ, start_new_session=True, umask=PRIVATE
        )
    return Child(name, popen, log)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented to stand under a sentence."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode("utf-8", "replace")
    return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])


def free_port() -> int:
    """A port that nobody listens on now, from below those that a system lends to clients: none takes it between now and our listening."""
    return next(port for port in _IN_TURN if is_free(port))


def is_free(port: int) -> bool:
    """Whether we could listen there; a port that a stopped server left in TIME_WAIT is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
