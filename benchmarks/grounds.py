"""Where measurements are made: one Kafka and one mail sink for the whole run, and platforms under topic prefixes of their own."""

import asyncio
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
from aiokafka.admin import AIOKafkaAdminClient
from region import PARTNER, make_region

from common.access.issuing import ISSUER, new_key, public_keys
from common.broker import create_topics
from common.topics import TOPICS
from loket.embedded.child import Child, free_port, start_child
from loket.embedded.kafka import EmbeddedKafka

HERE = Path(__file__).parent
SERVICES = ("intake", "scheduling", "notifications", "reporting")


logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics just made are found at the second try


class Void(Exception):
    """A result that must not be used: the counts do not match, or something ended."""


def say(sentence: str) -> None:
    """Progress, on standard error."""
    print(f"[{time.strftime('%H:%M:%S')}] {sentence}", file=sys.stderr, flush=True)


def until(holds: Callable[[], Any], what: str, patience: float = 120.0, pause: float = 0.02) -> Any:
    """Wait until something is so, and give it; `Void` when it does not come."""
    deadline = time.monotonic() + patience
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise Void(f"{what}: not within {patience:.0f} s")
        time.sleep(pause)
    return found


class Sink:
    """The mail server that throws away."""

    def __init__(self, folder: Path) -> None:
        self.port, control = free_port(), free_port()
        self.child = start_child("sink", [sys.executable, str(HERE / "sink.py"), str(self.port), str(control)], folder / "sink.log")
        self._control = until(lambda: _connected(control), "the mail sink")
        self._file = self._control.makefile("rwb")

    def ask(self, word: str) -> Any:
        """`count`, `all` or `forget`."""
        self._file.write(word.encode() + b"\n")
        self._file.flush()
        return orjson.loads(self._file.readline())

    def close(self) -> None:
        self._control.close()
        self.child.stop(5)


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), 1)
    except OSError:
        return None


class Grounds:
    """Kafka, the sink, the region and a folder that is removed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.region = make_region(folder)
        self.secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        (folder / "jwks.json").write_text(public_keys(new_key()))
        keys = folder / "partners"
        keys.mkdir()
        (keys / PARTNER).write_text(self.secret)
        self.kafka = EmbeddedKafka(folder / "kafka")
        self.bootstrap = self.kafka.start()
        self.sink = Sink(folder)
        self._kept, self._shared = ExitStack(), dict[str, Any]()

    def shared(self, name: str, make: Callable[[], AbstractContextManager[Any]]) -> Any:
        """What several parts use: made for the first of them, left at the end of all."""
        if name not in self._shared:
            self._shared[name] = self._kept.enter_context(make())
        return self._shared[name]

    def close(self) -> None:
        self._kept.close()
        self.sink.close()
        self.kafka.stop()

    def load(self, **options: Any) -> dict[str, Any]:
        """Let a load client of its own process hand in, and give what it says."""
        options |= {"secret": self.secret}
        name = f"load-{secrets.token_hex(3)}"
        child = start_child(name, [sys.executable, str(HERE / "load.py"), orjson.dumps(options).decode()], self.folder / f"{name}.log")
        if child.popen.wait(600) != 0:
            raise Void(f"the load client ended with {child.popen.returncode}:{child.tail()}")
        return dict(orjson.loads(child.log.read_bytes().splitlines()[-1]))


class Platform:
    """The services under a prefix of their own; any command can stand in for one of them."""

    def __init__(self, grounds: Grounds, **environment: str) -> None:
        self.grounds, self.prefix = grounds, f"b{secrets.token_hex(4)}."
        self.folder = grounds.folder / self.prefix.strip(".")
        self.folder.mkdir()
        self.children: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self._environment = environment
        asyncio.run(create_topics(grounds.bootstrap, TOPICS, self.prefix))

    def store(self, service: str) -> Path:
        peer = self.peer_store(service)
        return peer if peer.exists() and service not in self.children else self.folder / f"{service}.sqlite"

    def environment(self, service: str, name: str = "") -> dict[str, str]:
        """What a service is told, or a replica under a name of its own."""
        grounds = self.grounds
        own = {
            "HOST": "127.0.0.1",
            "PORT": str(self.ports[name or service]),
            "METRICS_PORT": "0",
            "KAFKA_BOOTSTRAP_SERVERS": grounds.bootstrap,
            "TOPIC_PREFIX": self.prefix,
            "SQLITE_PATH": str(self.store(service)),
            "REGION_PATH": str(grounds.region),
            "OIDC_ISSUER": ISSUER,
            "PSEUDONYM_KEY": "of benchmarks, and no secret to anybody",
            "OIDC_JWKS": str(grounds.folder / "jwks.json"),
            "LOG_LEVEL": "warning",
            "TRACE_RATIO": "0.1",
            "SMTP_PORT": str(grounds.sink.port),
            "PARTNER_SECRETS_PATH": str(grounds.folder / "partners"),
        }
        around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # a start compiles nothing
        return {**around, **own, **self._environment}

    def start(self, service: str, *command: str) -> Child:
        """Start a service, or another command in its place; returns at once."""
        self.ports[service] = free_port()
        arguments = list(command) or ["-P", "-m", service]
        log = self.folder / f"{service}.log"
        self.children[service] = start_child(service, [sys.executable, *arguments], log, self.environment(service))
        return self.children[service]

    def replicate(self, service: str, number: int) -> str:
        """Start one more process of a service on the same store, and give its name."""
        name = f"{service}-{number}"
        self.ports[name] = free_port()
        command = [sys.executable, "-P", "-m", service]
        self.children[name] = start_child(name, command, self.folder / f"{name}.log", self.environment(service, name))
        return name

    def stand_in(self, service: str, peer: str, *topics: str) -> None:
        """Start a peer that does the work of a service, with a store of its own."""
        name = f"peer-{service}"
        self.ports[name] = 0
        environment = self.environment(name) | {"SQLITE_PATH": str(self.peer_store(service))}
        command = [sys.executable, str(HERE / "peers" / f"{peer}.py"), service, *topics]
        self.children[name] = start_child(name, command, self.folder / f"{name}.log", environment)

    def peer_store(self, service: str) -> Path:
        return self.folder / f"peer-{service}.sqlite"

    def await_peers(self) -> None:
        for name in self.children:
            if name.startswith("peer-"):
                until(lambda name=name: self._alive(name) and (self.folder / f"{name}.ready").exists(), f"{name} to be ready", 60)

    def await_ready(self, *services: str) -> None:
        for service in services:
            until(lambda service=service: self._alive(service) and self.is_ready(service), f"{service} to be ready", 60)

    def is_ready(self, service: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports[service]}/health/ready", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, *services: str) -> None:
        for service in services or tuple(self.children):
            if self.children[service].alive:
                self.children[service].popen.send_signal(signal.SIGTERM)
        for service in services or tuple(self.children):
            self.children.pop(service).stop(40)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
        asyncio.run(_remove_topics(self.grounds.bootstrap, self.prefix))

    def _alive(self, service: str) -> bool:
        child = self.children[service]
        if not child.alive:
            raise Void(f"{service} ended:{child.tail()}")
        return True


async def _remove_topics(bootstrap: str, prefix: str) -> None:
    """Hundreds of partitions each: after some fifty platforms that left theirs behind Kafka was gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith(prefix)])
    finally:
        await admin.close()


@contextmanager
def platform(grounds: Grounds, **environment: str) -> Iterator[Platform]:
    """A platform for one measurement."""
    made = Platform(grounds, **environment)
    try:
        yield made
    finally:
        made.close()
