"""Gives Kafka its users and their rights, and takes away the rights that the code no longer names."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from common.kafka_security import MECHANISM, KafkaSecurity
from loket.contracts.access import Right
from loket.errors import LoketError

ITERATIONS = 8192
PATIENCE = 15.0
"""Seconds for one answer of Kafka, and for a change to reach the broker that decides."""
_OPERATIONS = {"Read": AclOperation.READ, "Write": AclOperation.WRITE, "Describe": AclOperation.DESCRIBE}
_KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}


class Changed(NamedTuple):
    """How many rights Kafka did not have yet, and how many it had without the code naming them."""

    given: int
    taken: int


def in_words_of_rdkafka(security: KafkaSecurity) -> dict[str, Any]:
    """The same security for confluent-kafka's clients."""
    if security.protocol == "PLAINTEXT":
        return {}
    login = {"sasl.mechanism": MECHANISM, "sasl.username": security.username, "sasl.password": security.password}
    return {"security.protocol": "SASL_SSL", **login} | ({"ssl.ca.location": str(security.ca_file)} if security.ca_file else {})


class Granting:
    """Works as an administrator of some Kafka; touches no principal but those that it is told of."""

    def __init__(self, bootstrap_servers: str, security: KafkaSecurity) -> None:
        self._bootstrap, self._said = bootstrap_servers, ""
        self._client = AdminClient(
            {"bootstrap.servers": bootstrap_servers, "log_level": 0, "error_cb": self._note, **in_words_of_rdkafka(security)}
        )

    def users(self, passwords: Mapping[str, str]) -> None:
        """Every principal can say who it is, by SCRAM-SHA-512; one that is there already gets this password."""
        how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        asked = [UserScramCredentialUpsertion(name, how, password.encode()) for name, password in passwords.items()]
        self._settle(self._client.alter_user_scram_credentials(asked, request_timeout=PATIENCE).values())

    def rights(self, principals: Iterable[str], rights: Iterable[Right]) -> Changed:
        """These principals have exactly these rights; returns when Kafka decides by them."""
        names, wanted = list(principals), {binding for right in rights for binding in bindings(right)}
        present = self._present(names)
        given, taken = list(wanted - present), list(present - wanted)
        if taken:
            self._settle(self._client.delete_acls([_exactly(one) for one in taken], request_timeout=PATIENCE).values())
        if given:
            self._settle(self._client.create_acls(given, request_timeout=PATIENCE).values())
        self._until_it_decides_by(names, wanted)
        return Changed(len(given), len(taken))

    def _until_it_decides_by(self, principals: list[str], wanted: set[AclBinding]) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._present(principals) != wanted:
            if time.monotonic() > deadline:
                raise LoketError(f"Kafka at {self._bootstrap} has taken the rights and does not show them within {PATIENCE:.0f} s.")
            time.sleep(0.05)

    def _present(self, principals: list[str]) -> set[AclBinding]:
        asked = [self._client.describe_acls(_of(f"User:{name}"), request_timeout=PATIENCE) for name in principals]
        return {binding for found in self._settle(asked) for binding in found}

    def _settle(self, answers: Iterable[Any]) -> list[Any]:
        try:
            return [answer.result() for answer in answers]
        except KafkaException as error:
            self._client.poll(0)
            why = self._said or error.args[0].name()
            raise LoketError(f"Kafka at {self._bootstrap} has not been given its users and rights: {why}.") from error

    def _note(self, error: Any) -> None:
        """A refused login is told here alone; what was asked only times out."""
        self._said = error.str()


def bindings(right: Right) -> list[AclBinding]:
    """A right as Kafka keeps it: one entry per operation, allowed from every host."""
    return [
        AclBinding(
            _KINDS[right.kind], right.name, ResourcePatternType.LITERAL, f"User:{right.principal}", "*", _OPERATIONS[one],
            AclPermissionType.ALLOW,
        )
        for one in right.operations
    ]  # fmt: skip


def _of(principal: str) -> AclBindingFilter:
    return AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, principal, None, AclOperation.ANY, AclPermissionType.ANY)


def _exactly(one: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(one.restype, one.name, one.resource_pattern_type, one.principal, one.host, one.operation, one.permission_type)
