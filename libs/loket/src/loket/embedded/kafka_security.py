"""What makes the embedded Kafka a secure one: TLS and SCRAM at the door, rights behind it, everything refused that is not allowed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loket.embedded.certificates import NAME, Certificates

ADMIN = "admin"
"""The one user that may do everything; no service is it."""


def secure_properties(certificates: Certificates, password: str) -> dict[str, str]:
    """They come on top of the settings of a plain one."""
    return {**_doors(password), **_tls(certificates), **_RIGHTS}


def _doors(password: str) -> dict[str, str]:
    """Clients say who they are by password; Kafka itself, at the door of its controller, by its certificate."""
    login = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{ADMIN}" password="{password}";'
    return {
        "listener.security.protocol.map": "BROKER:SASL_SSL,CONTROLLER:SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.broker.scram-sha-512.sasl.jaas.config": login,
        "listener.name.controller.ssl.client.auth": "required",
    }


def _tls(certificates: Certificates) -> dict[str, str]:
    return {
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.kafka),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca),
    }


_RIGHTS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{ADMIN};User:CN={NAME}",
}


def first_user(password: str) -> list[str]:
    """What formatting is told, so that somebody may give others their rights."""
    return ["--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={password}]"]


@contextmanager
def argument_file(folder: Path, arguments: Sequence[str]) -> Iterator[Path]:
    """Java reads its arguments from a file, so that nobody reads the password in the list of processes; gone after the block."""
    path = folder / "format.arguments"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(json.dumps(one) for one in arguments), encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink()
