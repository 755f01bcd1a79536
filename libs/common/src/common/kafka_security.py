"""How Kafka is reached and who we are there: the settings, and what its clients are told of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from aiokafka.helpers import create_ssl_context
from faststream.security import BaseSecurity, SASLScram512
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Protocol = Literal["PLAINTEXT", "SASL_SSL"]
MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class KafkaSecurity:
    """One principal with its password and the CA that it believes; PLAINTEXT has none of these."""

    protocol: Protocol = "PLAINTEXT"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    def of_client(self) -> dict[str, Any]:
        """What every client of aiokafka is told."""
        if self.protocol == "PLAINTEXT":
            return {"security_protocol": "PLAINTEXT"}
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": self._ssl_context(),
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }

    def of_broker(self) -> BaseSecurity | None:
        """The same for FastStream, which speaks without TLS, and without a word about it, when it is given no context."""
        if self.protocol == "PLAINTEXT":
            return None
        return SASLScram512(username=self.username, password=self.password, ssl_context=self._ssl_context(), use_ssl=True)

    def _ssl_context(self) -> Any:
        """The names of brokers are checked; without a file, the authorities that the machine believes count."""
        return create_ssl_context(cafile=str(self.ca_file) if self.ca_file else None)


PLAINTEXT = KafkaSecurity()


class KafkaSettings(BaseSettings):
    """What everybody who speaks with Kafka can be told."""

    model_config = SettingsConfigDict(
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None, extra="ignore", hide_input_in_errors=True
    )

    kafka_bootstrap_servers: str = Field(default="127.0.0.1:19092", description="Addresses of Kafka, separated by commas.")
    kafka_security_protocol: Protocol = Field(
        default="PLAINTEXT", description="PLAINTEXT on one machine, else SASL_SSL: SCRAM-SHA-512 over TLS; production refuses PLAINTEXT."
    )
    kafka_sasl_username: str = Field(default="", description="The principal; every service has its own. For SASL_SSL.")
    kafka_sasl_password: SecretStr = Field(default=SecretStr(""), description="Its password. For SASL_SSL.")
    kafka_ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) of who vouches for Kafka; without it, those that the machine believes."
    )
    topic_prefix: str = Field(
        default="", pattern=r"^[a-z0-9.-]{0,60}$", description="Put before every topic and group; lets several platforms share one Kafka."
    )

    @field_validator("kafka_security_protocol", mode="before")
    @classmethod
    def _no_password_without_tls(cls, value: object) -> object:
        if value == "SASL_PLAINTEXT":
            raise ValueError("SASL without TLS is refused, since whoever listens on the way could read along: use SASL_SSL.")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Half of the settings would mean less protection than whoever wrote them believes."""
        named, known = bool(self.kafka_sasl_username), bool(self.kafka_sasl_password.get_secret_value())
        if self.kafka_security_protocol == "PLAINTEXT" and (named or known):
            raise ValueError("A principal of Kafka without TLS is refused: set KAFKA_SECURITY_PROTOCOL=SASL_SSL.")
        if self.kafka_security_protocol == "SASL_SSL" and not (named and known):
            raise ValueError("SASL_SSL needs a principal and its password: set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.")
        if self.kafka_ca_file is not None and not self.kafka_ca_file.is_file():
            raise ValueError(f"There is no file {self.kafka_ca_file}, which KAFKA_CA_FILE names.")
        return self

    @property
    def kafka_security(self) -> KafkaSecurity:
        """Who we are for Kafka's clients."""
        return KafkaSecurity(
            self.kafka_security_protocol, self.kafka_sasl_username, self.kafka_sasl_password.get_secret_value(), self.kafka_ca_file
        )
