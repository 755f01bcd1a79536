"""The HTTP side: every refusal a problem document, every answer with its headers, nothing open that should not be."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import NOW, FakePublisher, Make, Thing, deferred, new, record_of, until
from fastapi import APIRouter
from pydantic import Field
from starlette.exceptions import HTTPException
from toy_service import blueprint

from common.errors import Conflict, Contended, NotFound, Rejected, Unavailable
from common.events.visit import VisitDeferred
from common.http import Body, View
from common.problems import TITLES
from common.runner import Origin
from common.service import Blueprint, Service
from common.settings import ServiceSettings
from common.subscribing import on
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

SECRET = {"Authorization": "Bearer 0123456789abcdef"}


class Wish(Body):
    person_count: int = Field(ge=1, le=9)
    case_id: Annotated[UUID, Field(strict=False)]
    words: list[str] = Field(default_factory=list)


class Echo(View):
    case_id: UUID


def routes(context: Any, ports: Any) -> APIRouter:
    router = APIRouter(prefix="/v1")
    troubles = {
        "rejected": Rejected("Against the rules."),
        "not-found": NotFound("Not here."),
        "conflict": Conflict("Against the state."),
        "unavailable": Unavailable("Postgres at 10.0.0.1 said canary"),
        "contended": Contended("busy"),
        "bug": KeyError("canary"),
        "forbidden": HTTPException(403, "Not for you."),
    }

    @router.get("/trouble/{kind}")
    async def trouble(kind: str) -> None:
        raise troubles[kind]

    @router.post("/wishes")
    async def wish(body: Wish) -> Echo:
        return Echo(case_id=body.case_id)

    @router.post("/things")
    async def make() -> Echo:
        made = await context.ask(Make(id=new()))
        return Echo(case_id=made.id)

    return router


async def make_thing(message: Make, ports: Any) -> Thing:
    return Thing(id=message.id)


def made(**parts: Any) -> Blueprint[Any]:
    toy = blueprint("127.0.0.1:1", "", Path("nowhere"), trace_ratio=1, log_level="debug")
    object.__setattr__(toy, "routes", routes)
    object.__setattr__(toy, "commands", (on(Make, make_thing),))
    for name, part in parts.items():
        object.__setattr__(toy, name, part)
    return toy


@pytest.fixture
async def service() -> Service[Any]:
    return Service(made(), store=MemoryStore(), clock=StoppedClock(NOW), publisher=FakePublisher())


@pytest.fixture
async def client(service: Service[Any]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as made_client:
        yield made_client


@pytest.mark.parametrize(
    ("kind", "status", "detail"),
    [
        ("rejected", 400, "Against the rules."),
        ("not-found", 404, "Not here."),
        ("conflict", 409, "Against the state."),
        ("unavailable", 503, "Not possible at the moment; please try again."),
        ("contended", 503, "Not possible at the moment; please try again."),
        ("forbidden", 403, "Not for you."),
        ("bug", 500, "Something went wrong on our side; it has been logged."),
    ],
)
async def test_every_kind_of_error_leaves_as_a_problem_document(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], kind: str, status: int, detail: str
) -> None:
    answer = await client.get(f"/v1/trouble/{kind}")

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    assert ("retry-after" in answer.headers) == (status == 503)
    printed = "".join(capsys.readouterr())
    assert "canary" not in printed
    assert "canary" not in answer.text


@pytest.mark.parametrize("path", ["/v1/trouble/bug", "/v1/trouble/rejected", "/nowhere", "/health/live", "/v1/lanes", "/openapi.json"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    for name, value in {
        "api-version": "1.0.0",
        "cache-control": "no-store",
        "content-security-policy": "frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000",
    }.items():
        assert answer.headers[name] == value
        assert answer.headers.get_list(name) == [value]


async def test_a_bug_is_logged_with_its_class_and_place(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    await client.get("/v1/trouble/bug")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [bug] = [line for line in lines if line["event"] == "bug"]
    assert (bug["error"], bug["level"]) == ("KeyError", "error")
    assert bug["at"].startswith("test_web.py:")
    [access] = [line for line in lines if line["event"] == "request"]
    assert (access["route"], access["status"], access["level"]) == ("/v1/trouble/{kind}", 500, "error")


async def test_all_faults_of_a_body_are_named_at_once_by_json_pointer_and_repeat_no_input(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/wishes", json={"personCount": 70, "caseId": "canary", "words": ["a", 5], "person_count": 1})

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/personCount", "/caseId", "/words/1", "/person_count"]
    assert "canary" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":', b"\xff\xfe", b"[]"])
async def test_a_body_that_is_no_json_object_is_a_fault(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/wishes", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1024


@pytest.mark.parametrize("content", [b" " * (256 * 1024 + 1), pytest.param(257, id="without a length")])
async def test_a_body_that_is_too_long_is_refused_before_it_is_read_whole(client: httpx.AsyncClient, content: bytes | int) -> None:
    answer = await client.post("/v1/wishes", content=content if isinstance(content, bytes) else chunks(content))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/nowhere")).json()["status"] == 404
    assert (await client.delete("/v1/wishes")).json()["status"] == 405
    assert (await client.get("/v1/lanes/")).status_code == 404


async def test_bodies_are_camel_case_both_ways(client: httpx.AsyncClient) -> None:
    case = new()

    answer = await client.post("/v1/wishes", json={"personCount": 2, "caseId": str(case)})

    assert answer.json() == {"caseId": str(case)}


@pytest.mark.parametrize(
    "given",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "0123456789abcdef"}, {"Authorization": "Bearer 0123456789abcdef "[:-2]}],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/lanes"),
        ("GET", f"/v1/lanes/{new()}"),
        ("POST", f"/v1/lanes/{new()}/redrive"),
        ("POST", f"/v1/lanes/{new()}/discard"),
        ("POST", "/v1/breaker/reset"),
    ],
)
async def test_staff_routes_are_closed_without_the_secret(client: httpx.AsyncClient, method: str, path: str, given: dict[str, str]) -> None:
    answer = await client.request(method, path, headers=given)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_secret_that_is_not_ascii_is_wrong_and_no_bug(service: Service[Any]) -> None:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        assert (await client.get("/v1/lanes", headers=[(b"authorization", b"Bearer \xff\xe9")])).status_code == 401


async def take(service: Service[Any], *records: Any) -> None:
    async def commit(offsets: Any) -> None: ...

    held = {TopicPartition(record.topic, record.partition) for record in records}
    service.consuming.subscriber = SimpleNamespace(consumer=SimpleNamespace(assignment=lambda: held, commit=commit))
    await service.consuming.take(SimpleNamespace(raw_message=records))  # type: ignore[arg-type]


async def test_staff_list_show_redrive_and_discard_parked_lanes_without_seeing_their_content(
    service: Service[Any], client: httpx.AsyncClient
) -> None:
    case = new()
    broken = record_of(case, target="canary")
    await take(service, type(broken)(broken.topic, 0, 7, broken.key, b"{", broken.headers))

    [lane] = (await client.get("/v1/lanes", headers=SECRET)).json()
    assert (lane["kind"], lane["error"], lane["waiting"], lane["records"]) == ("quarantine", "Malformed", 1, ["case.referred/0@7"])
    assert (await client.get(f"/v1/lanes/{lane['laneId']}", headers=SECRET)).json() == lane
    again = await client.post(f"/v1/lanes/{lane['laneId']}/redrive", headers=SECRET)
    assert (again.status_code, again.json()["detail"]) == (400, "It failed again (Malformed); the lane waits on.")
    gone = await client.post(f"/v1/lanes/{lane['laneId']}/discard", headers=SECRET)
    assert gone.json()["state"] == "discarded"
    assert (await client.get("/v1/lanes", headers=SECRET)).json() == []
    assert (await client.get(f"/v1/lanes/{new()}", headers=SECRET)).status_code == 404
    assert (await client.get("/v1/lanes?limit=0", headers=SECRET)).status_code == 400


async def test_staff_close_the_breaker(service: Service[Any], client: httpx.AsyncClient) -> None:
    service.breaker.open = True
    assert (await client.get("/health/ready")).status_code == 503

    assert (await client.post("/v1/breaker/reset", headers=SECRET)).status_code == 204

    assert not service.breaker.open


async def test_readiness_waits_for_partitions_and_store_and_says_why_not(service: Service[Any], client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: no partitions of Kafka yet."
    service.consuming.assigned.set()
    assert (await client.get("/health/ready")).status_code == 200

    async def away() -> None:
        raise Unavailable("The store is away.")

    service.store.ping = away  # type: ignore[method-assign]
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: The store is away."
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/started")).status_code == 200


class Consumer:
    """A client whose records lie there."""

    def __init__(self) -> None:
        self.stopped: set[Any] = set()
        state = SimpleNamespace(position=3, has_valid_position=True)
        assignment = SimpleNamespace(state_value=lambda place: state)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("case.referred", 0)}

    def highwater(self, place: TopicPartition) -> int:
        return 10

    def paused(self) -> set[Any]:
        return self.stopped


async def test_liveness_fails_when_records_wait_and_none_is_settled_unless_it_is_paused_or_full(
    service: Service[Any], client: httpx.AsyncClient
) -> None:
    consumer = Consumer()
    service.consuming.subscriber = SimpleNamespace(consumer=consumer)
    assert (await client.get("/health/live")).status_code == 200
    service.consuming.settled_at = asyncio.get_running_loop().time() - 1000
    assert (await client.get("/health/live")).status_code == 503
    consumer.stopped = {1}
    assert (await client.get("/health/live")).status_code == 200
    consumer.stopped = set()
    service.relay._room.clear()
    assert (await client.get("/health/live")).status_code == 200


async def test_the_metrics_are_there(client: httpx.AsyncClient) -> None:
    await client.get("/v1/trouble/rejected")

    text = (await client.get("/metrics")).text
    assert 'loket_http_request_seconds_count{method="GET",route="/v1/trouble/{kind}",status="400"} 1.0' in text


async def test_when_the_outbox_is_too_far_behind_new_work_is_asked_to_come_later(service: Service[Any]) -> None:
    publisher = service.relay._carrying._publisher
    assert isinstance(publisher, FakePublisher)
    publisher.gate.clear()
    assert service.context.overloaded() is None

    async def tell(message: Make, ports: Any) -> Thing:
        return Thing(id=message.id).tell(deferred(message.id))

    await service.runner.run(on(Make, tell, VisitDeferred), Make(id=new()), Origin())
    assert service.context.overloaded() is None
    assert isinstance(service.clock, StoppedClock)
    service.clock.forward(timedelta(seconds=61))
    assert service.context.overloaded() == timedelta(seconds=10)
    publisher.gate.set()
    await until(service.relay.idle)
    await service.relay.stop()


def test_every_setting_is_documented_and_secrets_are_secret() -> None:
    fields = ServiceSettings.model_fields

    assert [name for name, field in fields.items() if not field.description] == []
    assert all(field.description and field.description.endswith(".") for field in fields.values())
    made_settings = blueprint("127.0.0.1:1", "", Path("nowhere"), mongo_url="mongodb://canary").settings
    assert "canary" not in repr(made_settings)
    assert "0123456789abcdef" not in repr(made_settings)


async def test_a_start_that_fails_halfway_leaves_nothing_running(tmp_path: Path) -> None:

    async def fails(context: Any) -> None:
        raise RuntimeError("the mail server is not configured")

    toy = blueprint("127.0.0.1:1", "", tmp_path)
    object.__setattr__(toy, "starts", fails)
    service = Service(toy)
    before = asyncio.all_tasks()

    with pytest.raises(RuntimeError):
        async with service.running():
            raise AssertionError("not reached")

    assert asyncio.all_tasks() == before
    assert service.store._thread._shutdown  # type: ignore[attr-defined]
