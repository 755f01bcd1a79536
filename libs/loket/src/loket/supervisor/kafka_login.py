"""Who is who on Kafka: the administrator, and the principal of each service with its password."""

from collections.abc import Mapping

from pydantic import SecretStr

from common.environment import read
from common.kafka_security import PLAINTEXT, KafkaSecurity, KafkaSettings
from loket.embedded.kafka import CA_FILE, is_secure
from loket.embedded.kafka_security import ADMIN
from loket.supervisor.folder import StateFolder
from loket.supervisor.layout import Layout


def administrator(layout: Layout, folder: StateFolder) -> KafkaSecurity:
    """Of the platform's own Kafka; of another, whoever the environment names."""
    return read(KafkaSettings).kafka_security if layout.kafka_bootstrap_servers else _own(ADMIN, folder)


def environment_of_kafka(service: str, layout: Layout, folder: StateFolder, environ: Mapping[str, str]) -> dict[str, str]:
    """What a service is told of Kafka. The caller's words about one count only when it is the caller's."""
    told = {"KAFKA_BOOTSTRAP_SERVERS": layout.bootstrap}
    if layout.kafka_bootstrap_servers:
        return {name: value for name, value in environ.items() if name.startswith("KAFKA_")} | told
    security = _own(layout.topic_prefix + service, folder)
    if security.protocol == "PLAINTEXT":
        return told
    return told | {
        "KAFKA_SECURITY_PROTOCOL": security.protocol,
        "KAFKA_SASL_USERNAME": security.username,
        "KAFKA_SASL_PASSWORD": security.password,
        "KAFKA_CA_FILE": str(security.ca_file),
    }


def settings_of_kafka(principal: str, layout: Layout, folder: StateFolder) -> KafkaSettings:
    """How somebody other than a service reaches Kafka: that of the platform as a principal of its own, another as the environment says."""
    if layout.kafka_bootstrap_servers:
        return read(KafkaSettings)
    security = _own(layout.topic_prefix + principal, folder)
    return KafkaSettings(
        kafka_bootstrap_servers=layout.bootstrap,
        kafka_security_protocol=security.protocol,
        kafka_sasl_username=security.username,
        kafka_sasl_password=SecretStr(security.password),
        kafka_ca_file=security.ca_file,
        topic_prefix=layout.topic_prefix,
    )


def _own(user: str, folder: StateFolder) -> KafkaSecurity:
    if not is_secure(folder.kafka):
        return PLAINTEXT
    return KafkaSecurity("SASL_SSL", user, folder.kafka_password(user), folder.kafka / CA_FILE)
