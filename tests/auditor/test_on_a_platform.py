"""The auditor on the four services and a real Kafka: it finds nothing while all is well, and a service that Kafka no longer hears of."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from journeys.reaching import served
from whole_platform import REGION, Platform, registration, whole_platform

from auditor.asking import Asking
from auditor.audit import Auditor
from auditor.kafka import Kafka
from auditor.policy import retried
from auditor.reach import NAME, SERVICES
from auditor.telling import Outcome
from auditor.web import Services
from common.kafka_security import KafkaSettings
from common.metrics_server import metrics_app
from common.service import Service
from common.testing.issuer import Badge

pytestmark = [pytest.mark.kafka, pytest.mark.long]


async def no_pause(_seconds: float) -> None:
    return None


def both_ports_of(service: Service[Any]) -> httpx.ASGITransport:
    """What a service answers at its own port, and at that of its metrics."""
    metrics = metrics_app(service)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await (metrics if scope["path"] == "/metrics" else service.app)(scope, receive, send)

    return httpx.ASGITransport(answer, raise_app_exceptions=False)


def auditor_of(platform: Platform) -> Auditor:
    """With the rights of its role and no others."""
    kafka = Kafka(KafkaSettings(kafka_bootstrap_servers=platform.bootstrap, topic_prefix=platform.prefix))
    transports = {name: both_ports_of(platform.services[name]) for name in SERVICES}
    addresses, metrics = ({name: f"http://{name}.test{path}" for name in SERVICES} for path in ("", "/metrics"))
    services = Services(addresses, metrics, Badge(platform.clock, NAME).token, transports)
    return Auditor(Asking(kafka, services, no_pause), platform.clock, lambda: retried(REGION), timedelta())


def findings(outcome: Outcome) -> dict[str, list[str]]:
    return {name: verdict.findings for name, verdict in outcome.verdicts.items() if verdict.findings}


async def test_all_is_well_until_bytes_are_no_event_and_reporting_no_longer_reads(kafka_bootstrap: str, tmp_path: Path) -> None:
    async with whole_platform(kafka_bootstrap, tmp_path) as platform:
        auditor = auditor_of(platform)
        await served(platform, (await platform.hand_in(registration())).json()["id"])

        async def clean() -> bool:
            outcome = await auditor.look()
            assert outcome.silent == []
            return not findings(outcome)

        await platform.until(clean)

        async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
            await producer.send_and_wait(f"{platform.prefix}case.created", b"no event", key=b"k")

        async def in_quarantine() -> bool:
            found = findings(await auditor.look())
            return set(found) == {"nothing_waits_for_somebody"} and "reporting has 1 records in quarantine" in str(found)

        await platform.until(in_quarantine)  # it has told that it set them aside, and says that figures are not complete

        await platform.services["reporting"].broker.stop()
        case = (await platform.hand_in(registration())).json()["id"]

        async def noticed() -> bool:
            found = findings(await auditor.look())
            return {"every_group_has_members", "services_say_how_far_they_are"} <= set(found) and case in str(
                found.get("timelines_are_the_log")
            )

        await platform.until(noticed)
