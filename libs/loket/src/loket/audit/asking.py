"""Asks Kafka and the services: the log without a group, group offsets, lists, timelines and gauges; who does not answer is named."""

import asyncio
from collections.abc import Mapping
from math import nan
from typing import Any

import httpx
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client.parser import text_string_to_metric_families

from common.kafka_security import KafkaSettings
from common.log import LogError, administration, end_offsets, open_log
from common.topics import TOPICS
from loket.asking import ask_at
from loket.audit.checks import Answers, Group
from loket.audit.fold import Fold
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout

BETWEEN = 3.0  # seconds between two looks at a group
SAMPLE = 20  # cases whose timelines are asked for
GAUGES = ("loket_parked_lanes", "loket_breaker_open")


class Asking:
    """One look at a platform; `silent` names who could not be asked."""

    def __init__(self, layout: Layout, kafka: KafkaSettings, urls: Mapping[str, str], token: str | None) -> None:
        self._layout, self._kafka, self._urls, self._token = layout, kafka, urls, token
        self.silent: list[str] = []
        self._before: int | None = None

    async def log(self) -> Fold:
        """Everything that was told, but for the topic with personal data."""
        fold, prefix = Fold(), self._kafka.topic_prefix
        self._before = self._cases()
        topics = [topic.name for topic in TOPICS if topic.name != "party.contact-changed"]
        try:
            async with open_log(self._kafka, topics) as log:
                async for record in log.records():
                    fold.take(record.topic.removeprefix(prefix), record)
        except (KafkaError, LogError, OSError) as error:
            self.silent.append(f"Kafka: {error}")
        return fold

    async def answers(self, fold: Fold) -> Answers:
        """What services and Kafka say at this moment."""
        first = await self._behind()
        await asyncio.sleep(BETWEEN)
        second = await self._behind()
        gauges = {name: found for name in SERVICES if (found := self._metrics(name)) is not None}
        groups = {
            name: Group(second[name][0], first[name] == second[name] and second[name][0] > 0, gauges[name].get("lag", nan))
            for name in second.keys() & first.keys() & gauges.keys()
        }
        newest = sorted(fold.created, key=fold.created.__getitem__)[-SAMPLE:]
        timelines = {id_: count for id_ in newest if (count := self._timeline(id_)) is not None}
        after = self._cases()
        cases = None if self._before is None or after is None else (self._before, after)
        return Answers(cases, timelines, groups, gauges)

    async def _behind(self) -> dict[str, tuple[int, int]]:
        """Records before each group, and how many it has read."""
        found: dict[str, tuple[int, int]] = {}
        try:
            async with administration(self._kafka) as admin:
                for name in SERVICES:
                    offsets = await admin.list_consumer_group_offsets(self._kafka.topic_prefix + name)
                    read = {TopicPartition(*place): meta.offset for place, meta in offsets.items() if meta.offset >= 0}
                    ends = await end_offsets(self._kafka.kafka_bootstrap_servers, self._kafka.kafka_security, list(read))
                    found[name] = (sum(max(0, ends[place] - offset) for place, offset in read.items()), sum(read.values()))
        except (KafkaError, OSError) as error:
            self.silent.append(f"Kafka: {error}")
        return found

    def _cases(self) -> int | None:
        page = self._ask("intake", "/v1/cases?pageSize=1")
        return None if page is None else int(page["total"])

    def _timeline(self, case: str) -> int | None:
        found = self._ask("reporting", f"/v1/cases/{case}/timeline")
        return None if found is None else len(found["items"])

    def _ask(self, service: str, path: str) -> Any:
        try:
            return ask_at("case-worker", service, "GET", path, url=self._urls.get(service), token=self._token)
        except LoketError as error:
            self._note(str(error))
            return None

    def _metrics(self, service: str) -> dict[str, float] | None:
        address = self._layout.metrics_address(service)
        try:
            text = httpx.get(address, timeout=10, trust_env=False).raise_for_status().text
        except httpx.HTTPError:
            self._note(f"{service} gives no metrics at {address}")
            return None
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        found = {sample.name: sample.value for sample in samples if sample.name in GAUGES}
        return found | {"lag": sum(sample.value for sample in samples if sample.name == "loket_lag_records")}

    def _note(self, sentence: str) -> None:
        if sentence not in self.silent:
            self.silent.append(sentence)
