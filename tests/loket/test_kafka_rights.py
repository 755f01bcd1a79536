"""Every principal tries every topic and every group on a real Kafka: what the code names works, all else is refused."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from typer.testing import CliRunner
from worlds.on_secure_kafka import Principal, connected

from auditor import reach
from auditor.fold import Fold
from auditor.kafka import Kafka
from common.broker import create_topics
from common.cloudevents import Outgoing
from common.errors import Unavailable
from common.kafka_security import PLAINTEXT, KafkaSecurity, KafkaSettings
from common.publisher import Publisher
from common.topics import TOPICS
from loket.__main__ import app
from loket.contracts.access import Right, principals, rights
from loket.contracts.services import Described, Platform, describe
from loket.embedded.certificates import certificates
from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.kafka_probe import answers
from loket.errors import LoketError
from loket.granting import Changed, Granting
from loket.supervisor import SERVICES

pytestmark = [pytest.mark.kafka, pytest.mark.long]
PREFIX = "tried."
NAMES = [PREFIX + topic.name for topic in TOPICS]
GROUPS = [PREFIX + service for service in SERVICES]
STRANGER = PREFIX + "stranger"


class Secure(NamedTuple):
    kafka: EmbeddedKafka
    granting: Granting
    platform: Platform

    def security(self, user: str, password: str = "") -> KafkaSecurity:
        return KafkaSecurity("SASL_SSL", user, password or f"password of {user}", self.kafka.security.ca_file)

    def principal(self, user: str) -> AbstractAsyncContextManager[Principal]:
        return connected(self.kafka.bootstrap, self.security(user))

    def service(self, name: str) -> Described:
        return next(service for service in self.platform if service.name == name)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """With every topic, and a user who was given nothing."""
    platform = describe(Path(__file__).parents[2] / "regions" / "south-limburg")
    with EmbeddedKafka(tmp_path_factory.mktemp("secure"), admin_password=lambda: "password of admin") as kafka:
        granting, names = Granting(kafka.bootstrap, kafka.security), principals(platform, PREFIX)
        granting.users({name: f"password of {name}" for name in [*names, STRANGER]})
        granting.rights(names, rights(platform, PREFIX))
        asyncio.run(make_ready(kafka))
        yield Secure(kafka, granting, platform)


async def make_ready(kafka: EmbeddedKafka) -> None:
    """All topics, small; and a committed offset, before which Kafka knows no groups."""
    await create_topics(kafka.bootstrap, [topic._replace(partitions=1) for topic in TOPICS], PREFIX, security=kafka.security)
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id="admin", **kafka.security.of_client()) as consumer:
        place = TopicPartition(NAMES[0], 0)
        consumer.assign([place])
        await consumer.commit({place: 0})


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_can_do_on_every_topic_and_group_what_it_tells_and_hears_and_nothing_else(secure: Secure, name: str) -> None:
    service = secure.service(name)
    tells, hears = ({PREFIX + event.topic for event in events} for events in (service.tells, service.hears))
    own = {PREFIX + event.topic for event in service.tells if not event.personal}

    async with secure.principal(PREFIX + name) as principal:
        assert await principal.writes(NAMES) == tells
        assert await principal.reads(NAMES) == hears | own
        assert await principal.describes(NAMES) == tells | hears
        assert await principal.commits(GROUPS, min(hears)) == {PREFIX + name}
        assert await principal.finds(GROUPS) == {PREFIX + name}


async def test_the_auditor_can_read_all_but_personal_data_and_see_groups_and_nothing_else(secure: Secure) -> None:
    open_ = {PREFIX + topic for topic in reach.TOPICS}

    async with secure.principal(PREFIX + reach.NAME) as principal:
        assert await principal.writes(NAMES) == set()
        assert await principal.reads(NAMES) == await principal.describes(NAMES) == open_
        assert await principal.commits(GROUPS, min(open_)) == set()
        assert await principal.finds(GROUPS) == set(GROUPS)
    settings = KafkaSettings(
        kafka_bootstrap_servers=secure.kafka.bootstrap,
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username=PREFIX + reach.NAME,
        kafka_sasl_password=SecretStr(f"password of {PREFIX + reach.NAME}"),
        kafka_ca_file=secure.kafka.security.ca_file,
        topic_prefix=PREFIX,
    )
    kafka, fold = Kafka(settings), Fold()
    async with kafka.log() as log:
        await log.into(fold)
    assert fold.records > 0
    assert {name: standing.members for name, standing in (await kafka.standings()).items()} == dict.fromkeys(SERVICES, 0)


async def test_who_was_given_nothing_can_do_nothing_and_the_administrator_everything(secure: Secure) -> None:
    async with secure.principal(STRANGER) as stranger, secure.principal("admin") as admin:
        for user, expected, groups in ((stranger, set[str](), set[str]()), (admin, set(NAMES), set(GROUPS))):
            assert await user.writes(NAMES) == await user.reads(NAMES) == await user.describes(NAMES) == expected
            assert await user.commits(GROUPS, NAMES[0]) == await user.finds(GROUPS) == groups


async def test_the_relays_producer_may_write_its_own_topics_and_no_foreign_one(secure: Secure) -> None:
    own, foreign = (Outgoing(topic, b"key", b"{}", []) for topic in ("case.created", "visit.confirmed"))
    publisher = Publisher(secure.kafka.bootstrap, "test", PREFIX, secure.security(PREFIX + "intake"))
    try:
        await publisher.send([own])
        with pytest.raises(Unavailable, match="TopicAuthorizationFailedError"):
            await publisher.send([foreign])
    finally:
        await publisher.close()


async def test_a_service_cannot_make_topics(secure: Secure) -> None:
    new = TOPICS[0]._replace(name="new.topic")

    with pytest.raises(KafkaError, match="cannot be made"):
        await create_topics(secure.kafka.bootstrap, [new], PREFIX, security=secure.security(PREFIX + "intake"))


def test_a_service_cannot_give_itself_rights(secure: Secure) -> None:
    service = Granting(secure.kafka.bootstrap, secure.security(PREFIX + "intake"))

    with pytest.raises(LoketError, match="CLUSTER_AUTHORIZATION_FAILED"):
        service.rights([PREFIX + "intake"], rights(secure.platform, PREFIX))
    with pytest.raises(LoketError, match="CLUSTER_AUTHORIZATION_FAILED"):
        service.users({"admin": "a password of mine"})


async def test_a_wrong_password_another_authority_and_plaintext_are_refused_at_the_door(secure: Secure, tmp_path: Path) -> None:
    bootstrap, right = secure.kafka.bootstrap, secure.security(PREFIX + "intake")

    assert await answers(bootstrap, right)
    assert not await answers(bootstrap, secure.security(PREFIX + "intake", "password of scheduling"))
    assert not await answers(bootstrap, secure.security(PREFIX + "nobody"))
    assert not await answers(bootstrap, KafkaSecurity("SASL_SSL", right.username, right.password, certificates(tmp_path).ca))
    assert not await answers(bootstrap, PLAINTEXT)


def test_nobody_without_kafkas_own_certificate_is_let_in_at_its_controller(secure: Secure) -> None:
    (door,) = re.findall(
        r"controller\.quorum\.bootstrap\.servers=127\.0\.0\.1:(\d+)", (secure.kafka.folder / "server.properties").read_text()
    )
    context = ssl.create_default_context(cafile=secure.kafka.security.ca_file)

    with (
        socket.create_connection(("127.0.0.1", int(door)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
        pytest.raises(ssl.SSLError, match=r"(?i)(bad|required).certificate|certificate.(bad|required)"),
    ):
        wrapped.recv(1)


def test_what_a_secure_kafka_keeps_is_nobody_elses_to_read(secure: Secure) -> None:
    assert secure.kafka.folder.stat().st_mode & 0o777 == 0o700
    assert (secure.kafka.folder / "server.properties").stat().st_mode & 0o777 == 0o600
    assert b"password of admin" not in Path(f"/proc/{secure.kafka.pid}/cmdline").read_bytes()
    assert "password of" not in secure.kafka.log.read_text()


def test_a_login_that_is_refused_is_said_by_name(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loket.granting.PATIENCE", 2.0)

    with pytest.raises(LoketError, match="Authentication failed"):
        Granting(secure.kafka.bootstrap, secure.security("admin", "guessed")).rights([], rights(secure.platform, PREFIX))


async def test_loket_acl_gives_another_kafka_its_users_and_rights(secure: Secure, tmp_path: Path) -> None:
    admin = secure.kafka.security
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": secure.kafka.bootstrap,
        "KAFKA_SECURITY_PROTOCOL": admin.protocol,
        "KAFKA_SASL_USERNAME": admin.username,
        "KAFKA_SASL_PASSWORD": admin.password,
        "KAFKA_CA_FILE": str(admin.ca_file),
        "TOPIC_PREFIX": "new.",
    }
    given = CliRunner().invoke(app, ["acl", "--apply", "--passwords", str(tmp_path / "passwords")], env=told)

    assert given.exit_code == 0, given.output
    assert f"5 users, with the passwords under {tmp_path / 'passwords'}." in given.stdout
    assert re.search(r"for 5 principals: \d{3} rights given, 0 taken away", given.stdout)
    security = secure.security("new.intake", (tmp_path / "passwords" / "new.intake").read_text())
    async with connected(secure.kafka.bootstrap, security) as intake:
        assert await intake.finds(["new.intake", *GROUPS]) == {"new.intake"}


async def test_a_right_that_the_code_does_not_name_any_more_is_taken_away_and_no_other_platforms(secure: Secure) -> None:
    names, wanted = principals(secure.platform, PREFIX), rights(secure.platform, PREFIX)
    stray = Right(PREFIX + "reporting", "topic", PREFIX + "party.contact-changed", ("Read",))
    others, theirs = principals(secure.platform, "elsewhere."), rights(secure.platform, "elsewhere.")
    assert secure.granting.rights(others, theirs).given > 100
    assert secure.granting.rights(names, [*wanted, stray]) == Changed(given=1, taken=0)
    async with secure.principal(stray.principal) as reporting:
        assert await reporting.reads([stray.name]) == {stray.name}

        assert secure.granting.rights(names, wanted) == Changed(given=0, taken=1)

        assert await reporting.reads([stray.name]) == set()
    assert secure.granting.rights(others, theirs) == Changed(given=0, taken=0)
