"""Where everything is: the ports, the folders, and what the environment says about them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from loket.embedded.child import HOST
from loket.embedded.kafka_properties import BROKERS
from loket.errors import LoketError

SERVICES = ("intake", "scheduling", "notifications", "reporting")
PORT_BASE = 8100
METRICS = 10
"""So far above the port of a service is that of its metrics."""
CONTROLLERS = 10
"""So far above the port of Kafka the controllers of a cluster listen."""
_HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Ports:
    intake: int
    scheduling: int
    notifications: int
    reporting: int
    mailbox: int
    smtp: int
    kafka: int

    @classmethod
    def from_base(cls, base: int = PORT_BASE) -> Self:
        """All ports move together, so that two platforms can run side by side."""
        shift = base - PORT_BASE
        ports = cls(8101 + shift, 8102 + shift, 8103 + shift, 8104 + shift, 8105 + shift, 8025 + shift, 19092 + shift)
        if min(ports.by_name().values()) < 1 or max(ports.by_name().values()) > _HIGHEST_PORT:
            raise LoketError(f"With LOKET_PORT_BASE={base} some ports fall outside 1 to {_HIGHEST_PORT}: choose one between 100 and 50000.")
        return ports

    def by_name(self) -> dict[str, int]:
        """All of them, those of the metrics too."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return own | {f"the metrics of {service}": self.metrics(service) for service in SERVICES}

    def metrics(self, service: str) -> int:
        return int(getattr(self, service)) + METRICS


@dataclass(frozen=True)
class Layout:
    """One platform on one machine; every setting has the name of its environment variable."""

    folder: Path
    region: Path
    ports: Ports
    kafka_bootstrap_servers: str | None = None
    mongo_url: str | None = None
    cache: Path | None = None
    topic_prefix: str = ""
    secure: bool = False
    brokers: int = 1

    @property
    def broker_ports(self) -> list[int]:
        return [self.ports.kafka + number for number in range(self.brokers)]

    @property
    def controller_ports(self) -> list[int]:
        """Of the nodes of a cluster; the only node of a small one chooses its own."""
        return [self.ports.kafka + CONTROLLERS + number for number in range(self.brokers)] if self.brokers > 1 else []

    @property
    def bootstrap(self) -> str:
        return self.kafka_bootstrap_servers or ",".join(f"{HOST}:{port}" for port in self.broker_ports)

    @property
    def needed_ports(self) -> dict[str, int]:
        """Those that must be free before we start."""
        others = {name: port for name, port in self.ports.by_name().items() if name != "kafka"}
        kafka = [] if self.kafka_bootstrap_servers else [*self.broker_ports, *self.controller_ports]
        return others | {"kafka" if port == self.ports.kafka else f"kafka ({port})": port for port in kafka}

    def address(self, name: str) -> str:
        return f"http://{HOST}:{self.ports.by_name()[name]}"

    def metrics_address(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.metrics(service)}/metrics"

    @classmethod
    def read(cls, environ: Mapping[str, str], port_base: int | None = None, *, secure: bool = False, brokers: int = 1) -> Self:
        root = find_root(Path.cwd())
        cache = environ.get("LOKET_CACHE")
        _refuse_what_does_not_go_together(environ, secure=secure, brokers=brokers)
        return cls(
            folder=Path(environ.get("LOKET_FOLDER") or root / ".loket").resolve(),
            region=Path(environ.get("REGION_PATH") or root / "regions" / "south-limburg").resolve(),
            ports=Ports.from_base(port_base or _number(environ, "LOKET_PORT_BASE", PORT_BASE)),
            kafka_bootstrap_servers=environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            mongo_url=environ.get("MONGO_URL") or None,
            cache=Path(cache) if cache else None,
            topic_prefix=environ.get("TOPIC_PREFIX", ""),
            secure=secure,
            brokers=brokers,
        )


def find_root(start: Path) -> Path:
    """The nearest folder upward that holds region packs, else where we are."""
    return next((folder for folder in (start, *start.parents) if (folder / "regions").is_dir()), start)


def _refuse_what_does_not_go_together(environ: Mapping[str, str], *, secure: bool, brokers: int) -> None:
    if brokers not in {1, BROKERS}:
        raise LoketError(f"--brokers {brokers} is not offered: 1, or {BROKERS} of which one may die.")
    if secure and brokers > 1:
        raise LoketError("--secure runs one broker: leave out one of --secure and --brokers.")
    if environ.get("KAFKA_BOOTSTRAP_SERVERS") and (secure or brokers > 1):
        raise LoketError(
            f"{'--secure' if secure else '--brokers'} is about the Kafka that loket runs itself, and KAFKA_BOOTSTRAP_SERVERS names another:"
            " leave out one of the two."
            " How another Kafka is reached is said by KAFKA_SECURITY_PROTOCOL and its neighbours (docs/settings.md)."
        )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(environ.get(name) or default)
    except ValueError as error:
        raise LoketError(f"{name}={environ[name]} is not a number: give one such as {name}={default + 100}.") from error
