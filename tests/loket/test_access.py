"""Rights follow from what services tell and hear: one source for the table, for Kafka and for Strimzi."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AclPermissionType, ResourcePatternType
from typer.testing import CliRunner

from common.events.catalogue import EVENTS
from loket.__main__ import app
from loket.contracts.access import principals, rights
from loket.contracts.services import Platform, describe
from loket.contracts.strimzi import users
from loket.granting import bindings
from loket.supervisor import SERVICES


@pytest.fixture(scope="module")
def platform() -> Platform:
    return describe(Path(__file__).parents[2] / "regions" / "south-limburg")


def test_every_service_is_a_principal_of_its_own_and_the_auditor_too(platform: Platform) -> None:
    assert principals(platform) == (*SERVICES, "auditor")
    assert principals(platform, "acc.") == tuple(f"acc.{name}" for name in (*SERVICES, "auditor"))


def test_nobody_but_notifications_reads_what_holds_personal_data_and_nobody_but_intake_writes_it(platform: Platform) -> None:
    (personal,) = [topic for topic, event in EVENTS.items() if event.personal]
    found = {(right.principal, right.operations) for right in rights(platform) if right.name == personal}

    assert found == {("intake", ("Write", "Describe")), ("notifications", ("Read", "Describe"))}


def test_the_auditor_reads_all_but_personal_data_and_sees_groups_and_nothing_else(platform: Platform) -> None:
    found = {(right.kind, right.name, right.operations) for right in rights(platform) if right.principal == "auditor"}

    topics = {("topic", topic, ("Read", "Describe")) for topic, event in EVENTS.items() if not event.personal}
    assert found == topics | {("group", service, ("Describe",)) for service in SERVICES}


def test_every_topic_is_written_by_its_one_publisher(platform: Platform) -> None:
    writers = [(right.name, right.principal) for right in rights(platform) if "Write" in right.operations]

    assert sorted(writers) == sorted((topic, event.publisher) for topic, event in EVENTS.items())


def test_no_right_is_given_by_wildcard_or_by_prefix(platform: Platform) -> None:
    given = [binding for right in rights(platform, "acc.") for binding in bindings(right)]

    assert {binding.resource_pattern_type for binding in given} == {ResourcePatternType.LITERAL}
    assert {binding.permission_type for binding in given} == {AclPermissionType.ALLOW}
    assert all(binding.name.startswith("acc.") and "*" not in binding.name for binding in given)
    assert all(binding.principal.startswith("User:acc.") for binding in given)


def test_strimzis_users_have_the_very_rights_that_kafka_is_given(platform: Platform) -> None:
    written = {
        (user["metadata"]["name"], rule["resource"]["type"], rule["resource"]["name"], tuple(rule["operations"]))
        for user in users(platform)
        for rule in user["spec"]["authorization"]["acls"]
    }

    assert written == set(rights(platform))


def test_loket_acl_shows_them_under_the_prefix(platform: Platform) -> None:
    shown = CliRunner().invoke(app, ["acl"], env={"TOPIC_PREFIX": "acc."})

    assert shown.exit_code == 0
    rows = {tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in shown.stdout.splitlines() if line.startswith("│")}
    assert rows == {(right.principal, right.kind, right.name, ", ".join(right.operations)) for right in rights(platform, "acc.")}
