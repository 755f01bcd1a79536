"""`python -m chaos.broken NAME SERVICE`: breaks one thing, then runs the service as always; `--list` names the builds."""

import runpy
import sys

import pytest

from chaos.broken.builds import APPLIED

USAGE = "usage: python -m chaos.broken NAME SERVICE, or --list"


def main(arguments: list[str]) -> None:
    if arguments == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in APPLIED))
        return
    if len(arguments) != 2 or arguments[0] not in APPLIED:
        sys.exit(USAGE)
    name, service = arguments
    APPLIED[name](pytest.MonkeyPatch())  # never undone: the process ends with it
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
