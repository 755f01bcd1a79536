"""What every service can be told by its environment or by files in `/run/secrets`; each service adds its own."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from common.clock import shift_in
from common.kafka_security import KafkaSettings
from common.room import EVERYBODY, ONE_ADDRESS, networks


class ServiceSettings(KafkaSettings):
    """Read once, by `__main__`; nothing else looks at the environment."""

    environment: Literal["local", "test", "production"] = Field(
        default="local", description="Where this runs; production refuses a shifted clock and a Kafka without TLS."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    metrics_port: int = Field(
        default=9464, ge=0, le=65535, description="Port of `/metrics` alone: for Prometheus, not for partners. 0 takes any free one."
    )
    sqlite_path: Path = Field(
        default=Path(".loket/stores/service.sqlite"), description="File of the embedded store; used when there is no MONGO_URL."
    )
    mongo_url: SecretStr | None = Field(
        default=None, description="MongoDB to use instead of SQLite; the database is named after the service."
    )
    mongo_database: str | None = Field(default=None, description="Another database name than the service's.")
    region_path: Path = Field(default=Path("regions/south-limburg"), description="Folder of the region pack.")
    oidc_issuer: str = Field(min_length=1, max_length=256, description="Who issues access tokens: their `iss`.")
    oidc_jwks: str = Field(
        pattern=r"^(https://[^/]+|[/.\w][^:]*$)",
        description="Where the issuer's public keys are (JWK Set): an https address or a file; looked at again by itself.",
    )
    oidc_audience: str = Field(
        default="loket",
        pattern=r"^[!-~]{1,128}$",
        description="Whom tokens are for: their `aud` is this, or this with a colon and the service's name.",
    )
    organisation_oin: str = Field(
        default="00000000000000000000",
        pattern=r"^[0-9]{20}$",
        description="Number of the organisation that runs Loket, for CloudEvents sources.",
    )
    clock_file: Path | None = Field(default=None, description="File with the shift of the clock; one machine only.")
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None, description="Where traces go (OTLP over HTTP); nothing leaves without it."
    )
    trace_ratio: float = Field(default=0.1, ge=0, le=1, description="Share of traces that are recorded.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level that is logged.")
    body_limit_bytes: int = Field(default=256 * 1024, ge=1024, le=16 * 1024 * 1024, description="Most bytes of a request's body.")
    request_seconds: float = Field(
        default=20, gt=0, le=600, description="How long a request may take to come in whole, and a connection to begin one."
    )
    connections: int = Field(
        default=EVERYBODY.connections, ge=10, description="Most connections at once; over it the one that has waited longest gives way."
    )
    connections_per_address: int = Field(
        default=ONE_ADDRESS.connections, ge=10, description="Most connections at once of one address (of IPv6, a network of 64 bits)."
    )
    bytes_in_flight: int = Field(
        default=EVERYBODY.bytes,
        ge=1024 * 1024,
        description="Most bytes of requests without an answer at once; over it the slowest request gives way (503, Retry-After).",
    )
    bytes_in_flight_per_address: int = Field(default=ONE_ADDRESS.bytes, ge=1024 * 1024, description="Most such bytes of one address.")
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks (CIDR) of proxies in front, separated by commas: many clients share these, so that they have no "
        "bounds per address, only those of all.",
    )
    drain_seconds: float = Field(
        default=0, ge=0, le=20, description="How long a process that is told to stop still answers while it says that it is not ready."
    )
    batch_size: int = Field(default=500, ge=1, le=5000, description="Most records taken from Kafka at once.")
    patience_seconds: float = Field(
        default=20, ge=0, description="How long a batch waits for store, broker or provider before its partitions are paused."
    )
    breaker_lanes_per_minute: int = Field(
        default=50, ge=1, description="More lanes parked in a minute stop the consumer: then it is not the cases that are wrong."
    )
    outbox_limit_seconds: float = Field(
        default=60, gt=0, description="Oldest entry in the outbox before new submissions are asked to come back later."
    )
    outbox_keep_seconds: float = Field(
        default=60,
        ge=0,
        le=86_400,
        description="How long an event stays in the outbox after Kafka has acknowledged it, to be sent again where a broker has lost it; "
        "longer than brokers take to write to disk (`log.flush.interval.ms`, or the kernel's write-back). 0 keeps nothing.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        try:
            networks(text)
        except ValueError:
            raise ValueError("is no list of addresses and networks such as 10.0.0.0/8, 192.0.2.7") from None
        return text

    @field_validator("clock_file")
    @classmethod
    def _tells_a_shift(cls, path: Path | None) -> Path | None:
        """A service that began with the wrong time would put it into what it tells; while it runs the last known shift stands."""
        try:
            if path is not None and path.exists():
                shift_in(path.read_text())
        except (OSError, ValueError):
            raise ValueError(f"{path} is torn or holds no shift of the clock, so that the time is not known") from None
        return path

    @model_validator(mode="after")
    def _production_speaks_tls(self) -> Self:
        """Rights hold principals back, and without TLS everybody is the same one: ANONYMOUS, on a topic with people's addresses too."""
        if self.environment == "production" and self.kafka_security_protocol == "PLAINTEXT":
            raise ValueError("Production speaks to Kafka as somebody and over TLS: set KAFKA_SECURITY_PROTOCOL=SASL_SSL.")
        return self


class LogbookSettings(ServiceSettings):
    """Of a service that processes personal data."""

    pseudonym_key: SecretStr = Field(
        min_length=32,
        max_length=256,
        description="Secret that pseudonyms of people in processing records are made with; the same for intake and notifications. Keep it: "
        "with another one a person's older records are not found.",
    )
