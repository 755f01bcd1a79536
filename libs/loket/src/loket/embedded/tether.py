"""Runs a command that dies with its parent, however the parent ends: `python tether.py <parent pid> <command …>`.

It becomes the command (exec), so the process id stays. A function run between fork and exec would do the same,
but is unsafe in a parent that has threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The command line to start: the child ends with the thread that starts it, so start it in one that stays."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *(os.fspath(part) for part in command)]


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 the command is ours


if __name__ == "__main__":
    main()
