"""All four services in one process on the real Kafka, with stores of their own, a mail server and a clock that stands still until moved."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from chassis import FEW_PARTITIONS, LONG
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from standardwebhooks import Webhook

import intake.app
import intake.settings
import notifications.app
import notifications.settings
import reporting.app
import reporting.settings
import scheduling.app
import scheduling.settings
from common.broker import create_topics
from common.service import Service
from common.telemetry import Tracing
from common.testing.issuer import Badge, issuer_settings
from loket.embedded.child import free_port

REGION = Path(__file__).parent.parent / "regions" / "south-limburg"
MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


class MovedClock:
    """Runs with real time, shifted so that the story begins on a Monday morning; it can be moved forward."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self._shift = start - datetime.now(UTC)  # noqa: TID251

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift  # noqa: TID251

    def forward(self, by: timedelta) -> None:
        self._shift += by


class Letterbox:
    """A mail server that keeps what it is handed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name aiosmtpd calls
        content = envelope.content
        letter = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"

    def open(self) -> None:
        self._controller.start()

    def close(self) -> None:
        self._controller.stop()


@dataclass
class Platform:
    """The running whole, as partners, staff and ops see it."""

    services: dict[str, Service[Any]]
    clock: MovedClock
    letters: list[EmailMessage]
    spans: InMemorySpanExporter
    bootstrap: str
    prefix: str
    partner_secrets: dict[str, str]
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def badge(self) -> Badge:
        """Of somebody in every role at once but partner."""
        return Badge(self.clock, "case-worker", "analyst", "ops")

    async def hand_in(
        self, data: dict[str, Any], *, partner: str = "municipality-portal", kind: str = "case-submitted", id_: str = ""
    ) -> httpx.Response:
        """A partner's signed event."""
        id_ = id_ or str(uuid4())
        event = {"specversion": "1.0", "id": id_, "source": sources()[partner], "type": f"nl.arbeidsmarktdiensten.{kind}.v1", "data": data}
        body = orjson.dumps(event)
        now = self.clock.now()
        headers = {
            "content-type": "application/cloudevents+json",
            "loket-partner": partner,
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.partner_secrets[partner]).sign(id_, now, body.decode()),
        }
        return await self.clients["intake"].post("/v1/events", content=body, headers=headers)

    async def ask(self, service: str, method: str, path: str, **more: Any) -> Any:
        """What staff get from a route."""
        response = await self.clients[service].request(method, path, auth=self.badge, **more)
        assert response.status_code < 400, (path, response.status_code, response.text)
        return response.json() if response.content else None

    async def processing_records(self, service: str) -> list[dict[str, Any]]:
        """What the privacy officer can export of a service."""
        answer = await self.clients[service].get("/v1/processing-records?limit=1000", auth=Badge(self.clock, "privacy-officer"))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found

    async def until(self, holds: Callable[[], Any], patience: float = 30.0) -> Any:
        """Wait until something (a plain or an async function) is so; what it gave."""
        for _ in range(int(patience / 0.05)):
            found = holds()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"It has not come to pass within {patience:.0f} s.")

    async def timeline(self, case: UUID | str) -> list[dict[str, Any]]:
        """Everything that reporting knows of a case."""
        response = await self.clients["reporting"].get(f"/v1/cases/{case}/timeline", auth=self.badge)
        return response.json()["items"] if response.status_code == 200 else []

    async def topics_of(self, case: UUID | str) -> list[str]:
        """The topics of a case's events."""
        return [item["topic"] for item in await self.timeline(case)]


def sources() -> dict[str, str]:
    """The CloudEvents source of each partner."""
    partners = yaml.safe_load((REGION / "intake" / "partners.yaml").read_text())["partners"]
    return {partner["id"]: partner["source"] for partner in partners}


def registration(**more: Any) -> dict[str, Any]:
    """A household of two that wants to be registered, with all its documents."""
    persons = [{"number": n, "nationalityGroup": "eu_eea_ch", "language": "fr", "documents": ["passport", "tenancy"]} for n in (1, 2)]
    return {
        "caseType": "brp_first_registration",
        "purpose": "eu_work",
        "municipalityCode": "GM0935",
        "language": "fr",
        "channel": "web",
        "initiatorRole": "client",
        "stayMonths": 24,
        "contact": {"name": "A. Example", "email": "a.example@example.org"},
        "persons": persons,
        "formalities": [{"product": "brp_first_registration", "persons": [1, 2]}],
        "notBefore": "2026-12-03",
    } | more


@asynccontextmanager
async def whole_platform(
    kafka: str, folder: Path, *, mongo_url: str | None = None, prefix: str = "", clock: MovedClock | None = None, keep: float = 60.0
) -> AsyncIterator[Platform]:
    """The platform under a topic prefix of its own, or again under one that it had, running until the block ends."""
    prefix, clock, letterbox, spans = prefix or f"t{secrets.token_hex(4)}.", clock or MovedClock(), Letterbox(), InMemorySpanExporter()
    await create_topics(kafka, FEW_PARTITIONS, prefix)
    letterbox.open()
    keys = _partner_secrets(folder / "partners")
    services = _services(kafka, folder, prefix, clock, letterbox.port, spans, mongo_url, keep)
    platform = Platform(services, clock, letterbox.letters, spans, kafka, prefix, keys)
    try:
        async with AsyncExitStack() as stack:
            for name, service in services.items():
                await stack.enter_async_context(service.running())
                transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
                platform.clients[name] = await stack.enter_async_context(
                    httpx.AsyncClient(transport=transport, base_url=f"http://{name}.test")
                )
            async with asyncio.timeout(LONG):
                for service in services.values():
                    await service.consuming.assigned.wait()
            yield platform
    finally:
        letterbox.close()


def _services(
    kafka: str, folder: Path, prefix: str, clock: MovedClock, smtp: int, spans: InMemorySpanExporter, mongo_url: str | None, keep: float
) -> dict[str, Service[Any]]:
    common = {
        "environment": "test",
        "kafka_bootstrap_servers": kafka,
        "topic_prefix": prefix,
        "region_path": REGION,
        **issuer_settings(),
        "log_level": "warning",
        "mongo_url": mongo_url,
        "outbox_keep_seconds": keep,
    }
    made = {
        "reporting": reporting.app.build(reporting.settings.Settings(**common, **_store("reporting", folder, prefix))),
        "notifications": notifications.app.build(
            notifications.settings.Settings(**common, **_store("notifications", folder, prefix), smtp_host="127.0.0.1", smtp_port=smtp)
        ),
        "scheduling": scheduling.app.build(scheduling.settings.Settings(**common, **_store("scheduling", folder, prefix))),
        "intake": intake.app.build(
            intake.settings.Settings(**common, **_store("intake", folder, prefix), partner_secrets_path=folder / "partners")
        ),
    }
    return {name: Service(blueprint, clock=clock, tracing=Tracing(name, 1.0, spans, synchronous=True)) for name, blueprint in made.items()}


def _store(service: str, folder: Path, prefix: str) -> dict[str, Any]:
    return {"sqlite_path": folder / f"{service}.sqlite", "mongo_database": prefix.replace(".", "_") + service}


def _partner_secrets(folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    keys = {partner: f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" for partner in sources()}
    for partner, key in keys.items():
        (folder / partner).write_text(key + "\n")
    return keys
