"""What runs in a chaos run: three brokers, a wire with faults, a mail provider with faults, and two replicas of each service."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from chaos.processes import Process
from chaos.region import make_region
from chaos.urls import led_through, place_of
from common.broker import create_topics
from common.topics import TOPICS
from loket.embedded.child import HOST
from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.kafka_cluster import KafkaCluster
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, Ports, StateFolder
from loket.supervisor.environment import service_environment
from loket.supervisor.layout import METRICS

REPLICAS = 2
SECOND = 20
"""So far above the ports of the first replicas are those of the second ones; likewise for what lies on the wire."""
WIRED, ADVERTISED, WIRED_MONGO = 20, 50, 21
"""Above the ports of brokers, three for each service: where a broker listens to it, and where it is told that the broker listens."""
SHOWN_UNDER = {
    "power_cut": {"OUTBOX_KEEP_SECONDS": "86400"},
    "hostile": {"BREAKER_LANES_PER_MINUTE": "12"},
    "cutoff": {"LOG_LEVEL": "info", "PATIENCE_SECONDS": "5", "SMTP_TIMEOUT_SECONDS": "5"},
}
"""Settings under faults of a kind, so that: what was acknowledged is kept for a day of the shared clock, which takes twenty seconds;
one burst of bad cases, of which two replicas have half each, is more than a breaker allows; an outage of twenty seconds shows, and its
end is said in the log."""
FLUSHED = {"log.flush.offset.checkpoint.interval.ms": "1000"}
"""A broker writes records to the disk each second, and down so often which: by itself once a minute, and a power cut would take that."""
BUG = "bug-for-one-partner"
"""The build that a hostile partner meets where none was asked for."""
TESTS = Path(__file__).parents[1]


class Options(NamedTuple):
    """What was asked for."""

    seed: int
    duration: float
    rate: float
    folder: Path
    port_base: int
    profile: frozenset[str]
    broken: str | None = None


class Platform:
    """Everything that the rig owns; nobody else starts or ends any of it."""

    def __init__(self, options: Options) -> None:
        self.options, self.folder = options, options.folder
        self.output = self.folder / "output"
        self.output.mkdir(parents=True)
        region = make_region(self.folder / "state" / "region")
        ports, self.mongo_url = Ports.from_base(options.port_base), os.environ.get("MONGO_URL")
        wired = led_through(self.mongo_url, ports.smtp + WIRED_MONGO) if self.mongo_url else None
        self.layout = Layout(folder=self.folder / "state", region=region, ports=ports, mongo_url=wired, brokers=3)
        self.state = StateFolder(self.layout.folder)
        self.state.prepare(region)
        self.cluster = KafkaCluster(
            self.layout.folder / "kafka",
            ports=self.layout.broker_ports,
            controllers=self.layout.controller_ports,
            log=lambda number: self.output / f"kafka-{number}.log",
            properties=self._listeners,
        )
        self._control = ports.mailbox + SECOND
        self.mail = self._tool(
            "mail", ["chaos.mail", str(ports.smtp), str(self.folder / "mail.jsonl"), str(options.seed), self._mail_faults]
        )
        self.wire = self._tool("wire", ["chaos.wire", str(self._control), *self._routes()])
        self.services = [self._service(service, replica) for service in SERVICES for replica in range(REPLICAS)]

    async def start(self) -> None:
        """Returns when every replica is ready."""
        self.wire.start()
        self.mail.start()
        await asyncio.to_thread(self.state.hold)
        self._start_brokers()
        await create_topics(self.layout.bootstrap, TOPICS, replication_factor=self.layout.brokers)
        for process in self.services:
            process.start()
        ready = await asyncio.gather(*(process.ready() for process in self.services))
        if not all(ready):
            names = ", ".join(process.name for process, one in zip(self.services, ready, strict=True) if not one)
            raise LoketError(f"Not ready: {names}; see {self.output}.")

    async def stop(self) -> None:
        """Services first, so that they can finish what they have in hand; one that stands still goes on for that."""
        for process in self.services:
            process.send(signal.SIGCONT)
        await asyncio.gather(*(process.end() for process in self.services))
        await asyncio.gather(self.mail.end(5), self.wire.end(5))
        self.cluster.stop()
        self.state.release()

    def addresses(self) -> dict[str, list[str]]:
        """Of each service, of all its replicas."""
        return {service: [f"http://{HOST}:{one.port}" for one in self.of(service)] for service in SERVICES}

    def of(self, service: str) -> list[Process]:
        return [process for process in self.services if process.name.startswith(service)]

    def broker(self, number: int) -> EmbeddedKafka:
        return self.cluster.nodes[number - 1]

    def tell_the_wire(self, told: Mapping[str, object]) -> None:
        with socket.create_connection((HOST, self._control), 2) as line:
            line.sendall(orjson.dumps(told) + b"\n")

    def driver(self, settings: Mapping[str, object]) -> Process:
        path = self.folder / "driver.json"
        path.write_bytes(orjson.dumps(settings))
        return self._tool("driver", ["chaos.driver", str(path)])

    @property
    def _mail_faults(self) -> str:
        return "1" if self.options.profile & {"all", "mail"} else "0"

    def _start_brokers(self) -> None:
        """On the thread that stays: children end with the one that has started them."""
        self.cluster.start()

    def _tool(self, name: str, command: list[str]) -> Process:
        return Process(name, ["-m", *command], self.output / f"{name}.log", self._environ())

    def _service(self, service: str, replica: int) -> Process:
        port = self.layout.ports.by_name()[service] + replica * SECOND
        own = {
            "PORT": str(port),
            "METRICS_PORT": str(port + METRICS),
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(f"{HOST}:{one + ADVERTISED}" for one in self._doors(service)),
            "SMTP_PORT": str(self.layout.ports.smtp + SECOND),
            "SMTP_DEDUPLICATES": "false",
            "OUTBOX_LIMIT_SECONDS": "100000000",  # a clock that jumps by hours makes what waits for a moment look old
            "CHAOS_CALM": str(self.folder / "calm"),
            "REFRESH_SECONDS": "43200",  # a day of the clock passes in seconds
        }
        told = service_environment(service, self.layout, self.state, self._environ()) | own
        broken = self.options.broken or (BUG if "hostile" in self.options.profile else None)
        command = ["-m", "chaos.broken", broken, service] if broken else ["-m", service]
        return Process(f"{service}-{replica}", command, self.output / f"{service}-{replica}.log", told, port)

    def _environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        shown: dict[str, str] = {}
        for word, settings in SHOWN_UNDER.items():
            shown |= settings if any(asked.startswith(word) for asked in self.options.profile) else {}
        return {"LOG_LEVEL": "warning", "TRACE_RATIO": "0.02", **clean, **shown, "PYTHONPATH": str(TESTS)}

    def _doors(self, service: str) -> list[int]:
        """The port of each broker, moved by the place of a service: each has a door of its own, so that it can be cut off alone."""
        return [port + SERVICES.index(service) * self.layout.brokers for port in self.layout.broker_ports]

    def _listeners(self, number: int) -> dict[str, str]:
        """A door for each service, of which it hears only where the wire takes it."""
        port, controller = self.layout.ports.kafka + number - 1, self.layout.controller_ports[number - 1]
        doors = f"BROKER://{HOST}:{port},CONTROLLER://{HOST}:{controller}"
        wires = [(f"WIRE_{service.upper()}", self._doors(service)[number - 1]) for service in SERVICES]
        return {
            "listeners": ",".join([doors, *(f"{name}://{HOST}:{one + WIRED}" for name, one in wires)]),
            "advertised.listeners": ",".join([doors, *(f"{name}://{HOST}:{one + ADVERTISED}" for name, one in wires)]),
            **FLUSHED,
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("BROKER", "CONTROLLER", *(one for one, _ in wires))
            ),
        }

    def _routes(self) -> list[str]:
        brokers = [
            f"kafka-{number}/{service}={port + ADVERTISED}:{port + WIRED}"
            for service in SERVICES
            for number, port in enumerate(self._doors(service), start=1)
        ]
        smtp = self.layout.ports.smtp
        mongo = [f"mongo={smtp + WIRED_MONGO}:{place_of(self.mongo_url)}"] if self.mongo_url else []
        return [*brokers, f"smtp={smtp + SECOND}:{smtp}", *mongo]
