"""Three brokers keep what each other has: one dies and nothing stops; what was kept by one is not started as three."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from common.broker import create_topics
from common.topics import Topic
from loket.embedded.child import free_port
from loket.embedded.kafka_cluster import KafkaCluster, node_folder, refuse_another_number
from loket.errors import LoketError
from loket.supervisor import Layout, Ports

TRIED = Topic("case.tried", 3, {})


@pytest.fixture
def cluster(tmp_path: Path) -> KafkaCluster:
    return KafkaCluster(tmp_path / "kafka", ports=[free_port() for _ in range(3)], controllers=[free_port() for _ in range(3)])


async def produce(bootstrap: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        await producer.send_and_wait(TRIED.name, value, partition=1)


async def consume(bootstrap: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(TRIED.name, 1)])
        return [(await consumer.getone()).value for _ in range(count)]


@pytest.mark.kafka
@pytest.mark.long
async def test_one_broker_dies_and_nothing_is_lost_or_stops(cluster: KafkaCluster) -> None:
    with cluster:
        await create_topics(cluster.bootstrap, [TRIED], replication_factor=3)
        await produce(cluster.bootstrap, b"one")
        assert copies(cluster.bootstrap) == ({3}, "2")

        victim = leader(cluster.bootstrap)
        cluster.nodes[victim - 1].kill()
        assert not cluster.alive
        await produce(cluster.bootstrap, b"two")
        cluster.revive()
        cluster.nodes[victim % 3].kill()

        assert await consume(cluster.bootstrap, 2) == [b"one", b"two"]
        assert len({node.folder for node in cluster.nodes if (node.folder / "formatted").exists()}) == 3
    assert not any(node.alive for node in cluster.nodes)


def copies(bootstrap: str) -> tuple[set[int], str]:
    """On how many brokers partitions lie, and how many must have a record before it is acknowledged."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    found = {len(one.replicas) for topic in admin.list_topics(timeout=20).topics.values() for one in topic.partitions.values()}
    asked = ConfigResource(ResourceType.TOPIC, TRIED.name)
    return found, admin.describe_configs([asked])[asked].result()["min.insync.replicas"].value


def leader(bootstrap: str) -> int:
    """The broker to which partition 1 is written."""
    number: int = (
        AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(TRIED.name, 20).topics[TRIED.name].partitions[1].leader
    )
    return number


def test_what_one_broker_keeps_is_not_started_as_three_nor_the_other_way_round(tmp_path: Path) -> None:
    alone, three = tmp_path / "alone", tmp_path / "three"
    for folder in (alone, node_folder(three, 1)):
        folder.mkdir(parents=True)
        (folder / "formatted").touch()

    with pytest.raises(LoketError, match="made with --brokers 1 and cannot be started with 3"):
        refuse_another_number(alone, 3)
    with pytest.raises(LoketError, match="made with --brokers 3 and cannot be started with 1"):
        refuse_another_number(three, 1)
    for folder, brokers in ((alone, 1), (three, 3), (tmp_path / "new", 1), (tmp_path / "new", 3)):
        refuse_another_number(folder, brokers)


def test_what_does_not_go_with_three_brokers_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LoketError, match="--brokers 2 is not offered: 1, or 3"):
        Layout.read({}, brokers=2)
    with pytest.raises(LoketError, match="leave out one of --secure and --brokers"):
        Layout.read({}, secure=True, brokers=3)
    with pytest.raises(LoketError, match="--brokers is about the Kafka that loket runs itself"):
        Layout.read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}, brokers=3)


def test_all_ports_of_three_brokers_must_be_free_and_all_are_named_to_the_services(tmp_path: Path) -> None:
    layout = Layout(folder=tmp_path, region=tmp_path, ports=Ports.from_base(), brokers=3)

    assert layout.bootstrap == "127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094"
    assert {19092, 19093, 19094, 19102, 19103, 19104} < set(layout.needed_ports.values())
    assert len(set(layout.needed_ports.values())) == len(layout.needed_ports) == 16  # four are of the metrics
