"""Topics are made by the code, on a real Kafka, as often as one likes."""

from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from common.provision import Provision, main, provision
from common.topics import PARTITIONS, TOPICS


@pytest.mark.kafka
async def test_topics_are_made_once_with_the_partitions_that_the_code_says(kafka_bootstrap: str) -> None:
    prefix = f"provision-{uuid4().hex[:8]}."
    settings = Provision(kafka_bootstrap_servers=kafka_bootstrap, topic_prefix=prefix)
    await provision(settings)
    await provision(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        names = [prefix + topic.name for topic in TOPICS]
        described = await admin.describe_topics(names)
        assert {one["topic"]: len(one["partitions"]) for one in described} == dict.fromkeys(names, PARTITIONS)
        await admin.delete_topics(names)
    finally:
        await admin.close()


def test_a_kafka_that_does_not_come_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("PATIENCE_SECONDS", "0.2")
    with pytest.raises(SystemExit, match=r"^The topics are not made: Kafka at 127\.0\.0\.1:1 has not done it within 0\.2 seconds\.$"):
        main()
