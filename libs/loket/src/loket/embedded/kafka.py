"""A real Apache Kafka (KRaft) for one machine, alone or as a node of a cluster: no Docker, no broker of our own making."""

import asyncio
import base64
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from common.kafka_security import PLAINTEXT, KafkaSecurity
from loket.embedded.certificates import Certificates, certificates
from loket.embedded.child import HOST, PRIVATE, Child, free_port, is_free, start_child, tail
from loket.embedded.jars import KAFKA, default_cache, jar_files
from loket.embedded.java import Java, find_java
from loket.embedded.kafka_probe import answers
from loket.embedded.kafka_properties import Member, member_properties, server_properties
from loket.embedded.kafka_security import ADMIN, argument_file, first_user, secure_properties
from loket.embedded.warmth import Archive, archive
from loket.errors import LoketError

READY_WITHIN = 60.0
"""Seconds; it takes one to four."""
PATIENCE = 30.0
"""Seconds for a clean end; the first one also writes the class archive."""
CA_FILE = Path("tls") / "ca.crt"
"""Under the folder of a secure one: what its clients believe."""
_SECURE = "secure"
_HEAP, _HEAP_OF_A_MEMBER = "-Xmx512m", "-Xmx384m"
_FLAGS = ["-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-Xlog:disable", "-Xlog:all=error:stderr"]
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


def is_secure(folder: Path) -> bool:
    """Whether the Kafka of a folder was formatted as a secure one."""
    formatted = folder / "formatted"
    return formatted.exists() and _SECURE in formatted.read_text(encoding="utf-8").split()


class EmbeddedKafka:
    """Keeps everything under `folder`; started again on the same folder it has the same topics and records."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        cache: Path | None = None,
        log: Path | None = None,
        properties: Mapping[str, str] | None = None,
        admin_password: Callable[[], str] | None = None,
        member: Member | None = None,
    ) -> None:
        """With a password for the administrator it is a secure one; it is asked for at the start."""
        self.folder = folder.resolve()
        self.port = port
        self.log = log or self.folder / "kafka.log"
        self._cache = cache or default_cache()
        self._properties = properties or {}
        self._admin_password = admin_password
        self._member = member
        self._child: Child | None = None
        self._archive: Archive | None = None

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def security(self) -> KafkaSecurity:
        """How its administrator reaches it; without security everybody is one."""
        if self._admin_password is None:
            return PLAINTEXT
        return KafkaSecurity("SASL_SSL", ADMIN, self._admin_password(), self.folder / CA_FILE)

    @property
    def pid(self) -> int | None:
        return self._child.popen.pid if self._child else None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> str:
        """Returns the bootstrap address once Kafka answers; whatever goes wrong, nothing keeps running."""
        self.launch()
        self.await_answer()
        return self.bootstrap

    def launch(self) -> None:
        """Returns at once: a member of a cluster answers only when most of the others run too."""
        self._refuse_another_security()
        self._choose_port()
        java, class_path = find_java(), jar_files(KAFKA, self._cache)
        self._write_properties()
        if not self._formatted.exists():
            self._format(java, class_path)
        command = self._command("kafka.Kafka", java, class_path, [str(self._server_properties)])
        self._child = start_child("kafka", command, self.log)

    def await_answer(self) -> None:
        """Whatever goes wrong, it does not keep running."""
        assert self._child is not None
        try:
            self._wait_until_it_answers(self._child)
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Start it again after it has ended by itself."""
        self.stop()
        self.start()

    def ask_to_stop(self) -> None:
        """Returns at once; `stop` waits for it."""
        if self._child and self._child.alive:
            self._child.popen.terminate()

    def stop(self, patience: float = PATIENCE) -> None:
        if self._child is None:
            return
        clean = self._child.stop(patience)
        self._child = None
        if self._archive:
            (self._archive.keep if clean else self._archive.drop)()

    def kill(self) -> None:
        """As `kill -9` does: for crash tests."""
        if self._child:
            self._child.kill()
            self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def _server_properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _formatted(self) -> Path:
        return self.folder / "formatted"

    @cached_property
    def _certificates(self) -> Certificates:
        """Once for as long as we run: a Kafka that is started again in between must be believed by those who run on."""
        return certificates(self.folder / CA_FILE.parent)

    def _refuse_another_security(self) -> None:
        """Users lie in the log from its formatting on; and what was secure does not become open by a forgotten word."""
        secure = self._admin_password is not None
        if self._formatted.exists() and is_secure(self.folder) != secure:
            was, now = ("without", "with") if secure else ("with", "without")
            raise LoketError(
                f"The Kafka under {self.folder} was made {was} --secure and cannot be started {now} it: start it {was} --secure,"
                " give the other one a folder of its own (LOKET_FOLDER), or wipe it (`loket reset`)."
            )

    def _choose_port(self) -> None:
        if self.port == 0:
            self.port = free_port()
        elif not is_free(self.port):
            raise LoketError(
                f"Kafka cannot listen on port {self.port}, which another program uses: stop that program or choose another port."
            )

    def _write_properties(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        records = self.folder / "records"
        lines = member_properties(records, self.port, self._member) if self._member else server_properties(records, self.port, free_port())
        if self._admin_password is not None:
            self.folder.chmod(0o700)  # rights at the door are worth nothing to whoever reads the files
            lines |= secure_properties(self._certificates, self._admin_password())
        lines |= self._properties
        self._server_properties.touch(mode=0o600)  # it may hold a password
        self._server_properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()), encoding="utf-8")

    def _format(self, java: Java, class_path: Sequence[Path]) -> None:
        """A folder that was left half formatted holds no record yet and is made anew."""
        shutil.rmtree(self.folder / "records", ignore_errors=True)
        cluster = self._member.cluster if self._member else base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ["format", *([] if self._member else ["--standalone"]), f"--cluster-id={cluster}", "-c", str(self._server_properties)]
        arguments += first_user(self._admin_password()) if self._admin_password else []
        command = self._command("kafka.tools.StorageTool", java, class_path, arguments)
        with self.log.open("ab") as log, argument_file(self.folder, command[1:]) as file:
            done = subprocess.run([command[0], f"@{file}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, umask=PRIVATE)  # noqa: S603 the command is ours
        if done.returncode != 0:
            raise LoketError(f"Kafka could not prepare its folder {self.folder}; the end of {self.log} says why:{tail(self.log)}")
        self._formatted.write_text(f"{cluster} {_SECURE}" if self._admin_password else cluster, encoding="utf-8")

    def _command(self, main: str, java: Java, class_path: Sequence[Path], arguments: Sequence[str]) -> list[str]:
        basis = [_HEAP_OF_A_MEMBER if self._member else _HEAP, *_FLAGS, _QUIET, "-cp", os.pathsep.join(map(str, class_path))]
        kept = archive(self._cache, "kafka", java, basis, f"{os.getpid()}-{self.port}")
        if main == "kafka.Kafka":
            self._archive = kept
        return [str(java.program), *(kept.options if main == "kafka.Kafka" else kept.reading), *basis, main, *arguments]

    def _wait_until_it_answers(self, child: Child) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if not child.alive:
                raise LoketError(f"Kafka ended while it started; the end of {self.log} says why:{child.tail()}")
            if not is_free(self.port) and self.answers():
                return
            time.sleep(0.05)
        raise LoketError(f"Kafka did not answer within {READY_WITHIN:.0f} s; the end of {self.log}:{child.tail()}")

    def answers(self, brokers: int = 1) -> bool:
        """Whether it serves and knows of so many brokers."""
        with ThreadPoolExecutor(1) as thread:  # the caller may be inside a running event loop
            return thread.submit(lambda: asyncio.run(answers(self.bootstrap, self.security, brokers))).result()
