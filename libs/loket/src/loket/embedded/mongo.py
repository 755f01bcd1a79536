"""A MongoDB-protocol server for tests (mongo-java-server), where no MongoDB can be had; says nothing about MongoDB's speed."""

import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from loket.embedded.child import HOST, tail
from loket.embedded.jars import MONGO, default_cache, jar_files
from loket.embedded.java import find_java
from loket.errors import LoketError

READY_WITHIN = 30.0
"""Seconds; it takes half of one."""
_CHILD = Path(__file__).with_name("mongo_child.py")


class EmbeddedMongo:
    """In memory without a `folder`; with one, in an H2 file there, each acknowledged write durable (for crash tests)."""

    def __init__(self, folder: Path | None = None, *, port: int = 0, cache: Path | None = None, log: Path | None = None) -> None:
        self.folder = folder.resolve() if folder else None
        self.port = port
        self._log = log or (self.folder / "mongo.log" if self.folder else Path(os.devnull))
        self._cache = cache or default_cache()
        self._server: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"mongodb://{HOST}:{self.port}"

    def start(self) -> str:
        """Returns the address once the server listens."""
        environ = os.environ | {
            "MJS_CP": os.pathsep.join(map(str, jar_files(MONGO, self._cache))),
            "JAVA_HOME": str(find_java().program.resolve().parent.parent),
        }
        file = [str(self.folder / "mongo.h2")] if self.folder else []
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 the command is ours
                [sys.executable, "-P", str(_CHILD), str(self.port), *file],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.port = self._announced_port(self._server)
        return self.url

    def stop(self) -> None:
        """Closes its standard input, which is how it is told; kills it when that does not help."""
        if self._server is None:
            return
        server, self._server = self._server, None
        _pipe(server.stdin).close()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        _pipe(server.stdout).close()

    def kill(self) -> None:
        """As `kill -9` does: for crash tests."""
        if self._server:
            self._server.kill()
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _announced_port(self, server: subprocess.Popen[str]) -> int:
        said = _pipe(server.stdout)
        ready, _, _ = select.select([said], [], [], READY_WITHIN)
        words = said.readline().split() if ready else []
        if words[:1] != ["READY"]:
            self.kill()
            raise LoketError(f"The MongoDB-protocol server did not start; the end of {self._log} says why:{tail(self._log)}")
        return int(words[1])


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
