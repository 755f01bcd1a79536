"""Who we are on Kafka: half of the settings is refused in one sentence, and what is whole reaches every client."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from toy_service import blueprint

from common.broker import make_broker
from common.kafka_security import PLAINTEXT, KafkaSecurity, KafkaSettings
from common.provision import Provision
from common.service import Service
from common.settings import ServiceSettings
from common.testing.issuer import issuer_settings
from loket.embedded.certificates import certificates

WHO = {"kafka_sasl_username": "intake", "kafka_sasl_password": "a-password-of-kafka"}
WHOLE = {"kafka_security_protocol": "SASL_SSL", **WHO}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({**WHOLE, "kafka_security_protocol": "SASL_PLAINTEXT"}, "SASL without TLS is refused"),
        (WHO, "A principal of Kafka without TLS is refused: set KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"kafka_sasl_password": "a-password-of-kafka"}, "A principal of Kafka without TLS is refused"),
        ({"kafka_security_protocol": "SASL_SSL"}, "SASL_SSL needs a principal and its password"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "intake"}, "SASL_SSL needs a principal and its password"),
        ({**WHOLE, "kafka_ca_file": "/nowhere/ca.crt"}, "There is no file /nowhere/ca.crt, which KAFKA_CA_FILE names"),
    ],
)
@pytest.mark.parametrize("settings", [KafkaSettings, Provision, ServiceSettings])
def test_half_of_a_protection_is_refused_without_telling_the_password(
    settings: type[KafkaSettings], said: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence) as refused:
        settings(**(issuer_settings() if settings is ServiceSettings else {}), **said)

    assert "a-password-of-kafka" not in str(refused.value)


def test_production_does_not_speak_to_kafka_as_nobody_in_particular() -> None:
    with pytest.raises(ValidationError, match="Production speaks to Kafka as somebody and over TLS"):
        ServiceSettings(environment="production", **issuer_settings())

    assert ServiceSettings(environment="production", **issuer_settings(), **WHOLE).kafka_security.username == "intake"


@pytest.mark.parametrize("module", ["intake", "scheduling", "notifications", "reporting", "reporting.rebuild", "common.provision"])
def test_a_program_that_is_told_sasl_without_tls_ends_at_once_with_one_sentence(module: str) -> None:
    told = {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", **{name.upper(): value for name, value in issuer_settings().items()}}
    ended = subprocess.run([sys.executable, "-m", module], env=told, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr == "SASL without TLS is refused, since whoever listens on the way could read along: use SASL_SSL.\n"


def test_clients_of_aiokafka_check_names_and_certificates(tmp_path: Path) -> None:
    security = KafkaSecurity("SASL_SSL", "intake", "a-password-of-kafka", certificates(tmp_path).ca)
    told = security.of_client()
    context = told.pop("ssl_context")

    assert told == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "intake",
        "sasl_plain_password": "a-password-of-kafka",
    }
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert [dict(one[0] for one in held["subject"]) for held in context.get_ca_certs()] == [{"commonName": "loket"}]
    assert "a-password-of-kafka" not in repr(security)


def test_without_security_nothing_but_plaintext_is_said() -> None:
    assert PLAINTEXT.of_client() == {"security_protocol": "PLAINTEXT"}
    assert PLAINTEXT.of_broker() is None


def test_reader_and_producer_of_a_service_are_the_same_principal_over_tls(tmp_path: Path) -> None:
    made = blueprint("127.0.0.1:1", "", tmp_path, **WHOLE, kafka_ca_file=certificates(tmp_path / "tls").ca)
    reader = make_broker(made.settings, "test").config.broker_config.builder.keywords  # type: ignore[union-attr]
    producer = Service(made)._publisher

    assert (reader["security_protocol"], reader["sasl_mechanism"], reader["sasl_plain_username"]) == ("SASL_SSL", "SCRAM-SHA-512", "intake")
    assert reader["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert producer._security == made.settings.kafka_security  # type: ignore[attr-defined]
