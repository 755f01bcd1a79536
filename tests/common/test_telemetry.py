"""What ops can see: allow-listed lines and spans, one trace per story, nothing personal."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import NOW, FakePublisher, FakeRecord, Finish, Make, Thing, ToyPorts, new, record_of, referred, until
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from toy_service import Prepare, blueprint

from common.aggregate import How
from common.events.case import CaseReferred
from common.lanes import lane_id
from common.metrics import Metrics
from common.runner import Origin
from common.service import Service
from common.store.port import Entry
from common.subscribing import on
from common.telemetry import SPAN_KEYS, LibraryLines, Tracing, logger
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVERY_SPAN = ("case.referred process", "lane redrive", "POST request", "Prepare")
UNSAMPLED = SAMPLED[:-2] + "00"


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    read = json.loads(capsys.readouterr().out)
    assert isinstance(read, dict)
    return read


def test_a_line_is_json_with_service_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "info").info("batch settled", records=3, topic="case.created")

    read = line(capsys)
    assert (read["service"], read["level"], read["event"], read["records"]) == ("intake", "info", "batch settled", 3)
    assert str(read["timestamp"]).endswith("Z")


def test_a_key_that_is_not_on_the_list_is_dropped_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "info").info("x", email="canary@example.org", name="canary", topic="t")

    read = line(capsys)
    assert read["dropped"] == ["email", "name"]
    assert "canary" not in json.dumps(read)


def test_of_an_exception_its_class_and_place_are_logged_and_never_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        {}["canary"]
    except KeyError as error:
        logger("intake", "info").error("lane parked", error=error, exc_info=error, stack_info=True)

    read = line(capsys)
    assert read["error"] == "KeyError"
    assert str(read["at"]).startswith("test_telemetry.py:")
    assert "canary" not in json.dumps(read)


def test_below_its_level_nothing_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "warning").info("x")

    assert capsys.readouterr().out == ""


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def tracing(spans: InMemorySpanExporter, ratio: float = 1.0) -> Tracing:
    return Tracing("intake", ratio, spans, synchronous=True)


def ids(span: ReadableSpan) -> tuple[str, str]:
    context = span.context
    assert context is not None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def test_a_span_continues_its_parent_and_gives_its_own_traceparent(spans: InMemorySpanExporter) -> None:
    with tracing(spans).span("a", SAMPLED) as own:
        pass

    [span] = spans.get_finished_spans()
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SAMPLED.split("-")[2]
    assert own == "00-{}-{}-01".format(*ids(span))
    assert ids(span)[0] == SAMPLED.split("-")[1]


def test_a_span_without_a_parent_starts_a_trace(spans: InMemorySpanExporter) -> None:
    with tracing(spans).span("a", "") as own:
        pass

    [span] = spans.get_finished_spans()
    assert span.parent is None
    assert own.endswith("-01")


def test_an_unsampled_trace_costs_no_span_and_is_passed_on(spans: InMemorySpanExporter) -> None:
    with tracing(spans).span("a", UNSAMPLED) as own:
        assert own == UNSAMPLED
    with tracing(spans, ratio=0).span("a", "") as own:
        assert own.endswith("-00")
    with Tracing("intake", 1.0, None).span("a", SAMPLED) as own:
        assert own == SAMPLED

    assert spans.get_finished_spans() == ()


def test_attributes_are_allow_listed_and_errors_are_classes(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), tracing(spans).span("a", SAMPLED, attributes={"loket.step": "x", "enduser.id": "canary"}):
        raise KeyError("canary")

    [span] = spans.get_finished_spans()
    assert dict(span.attributes or {}) == {"loket.step": "x", "error.type": "KeyError"}
    assert span.events == ()
    assert "canary" not in span.to_json()
    assert "messaging.kafka.message.key" not in SPAN_KEYS


def test_a_span_may_be_linked_to_another_trace_and_a_broken_link_is_ignored(spans: InMemorySpanExporter) -> None:
    for linked in (SAMPLED, "nonsense"):
        with tracing(spans).span("a", "", linked=linked):
            pass

    linked_span, plain = spans.get_finished_spans()
    assert [f"{link.context.trace_id:032x}" for link in linked_span.links] == [SAMPLED.split("-")[1]]
    assert list(plain.links) == []


async def test_one_trace_leads_from_a_request_through_its_steps_to_the_event_and_its_consumer(
    spans: InMemorySpanExporter, tmp_path: object
) -> None:
    store, publisher, clock = MemoryStore(), FakePublisher(), StoppedClock(NOW)
    service = Service(blueprint("127.0.0.1:1", "", Path("nowhere")), store=store, clock=clock, publisher=publisher, tracing=tracing(spans))
    await service.relay.start()

    async def begin(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).then(Finish(id=message.id))

    async def finish(message: Finish, ports: ToyPorts) -> Thing:
        thing = await store.get(Thing, message.id)
        assert thing is not None
        return thing.tell(referred(message.id))

    service.relay._carrying.steps["Finish"] = on(Finish, finish, CaseReferred)  # type: ignore[assignment]
    with service.tracing.span("POST request", "") as request:
        await service.runner.run(on(Make, begin, Finish), Make(id=new()), Origin(trace=request))  # type: ignore[arg-type]
    await until(lambda: publisher.records and service.relay.idle())
    sent = publisher.records[0]
    consumer = SimpleNamespace(assignment=lambda: {TopicPartition("case.referred", 0)}, commit=nothing)
    service.consuming.subscriber = SimpleNamespace(consumer=consumer)
    record = FakeRecord("case.referred", 0, 0, sent.key, sent.value, tuple(sent.headers))
    await service.consuming.take(SimpleNamespace(raw_message=(record,)))  # type: ignore[arg-type]
    await service.relay.stop()

    finished = spans.get_finished_spans()
    names = [span.name for span in finished]
    assert [name for name in names if name != "Send"][:3] == ["POST request", "Finish", "case.referred process"]
    assert len({ids(span)[0] for span in finished}) == 1
    known = {ids(span)[1] for span in finished}
    orphans = [span.name for span in finished if span.parent is not None and f"{span.parent.span_id:016x}" not in known]
    assert orphans == []
    assert len([span for span in finished if span.parent is None]) == 1


async def test_a_redrive_is_carried_out_in_the_trace_of_who_asked_and_linked_to_the_trace_of_what_was_parked(
    spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    case, other = new(), SAMPLED.replace("4bf9", "beef")
    service = Service(
        blueprint("127.0.0.1:1", "", tmp_path),
        store=MemoryStore(),
        clock=StoppedClock(NOW),
        publisher=FakePublisher(),
        tracing=tracing(spans),
    )
    await service.parking.park(str(case), record_of(case, traceparent=SAMPLED.encode()), "case.referred", KeyError(), SAMPLED)
    await service.parking.queue(str(case), record_of(case, 2, offset=1, traceparent=other.encode()), "case.referred")

    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        answer = await client.post(f"/v1/lanes/{lane_id(str(case))}/redrive", headers={"Authorization": "Bearer 0123456789abcdef"})

    assert answer.json()["state"] == "resumed"
    await until(service.relay.idle)
    await service.relay.stop()
    named = {name: [span for span in spans.get_finished_spans() if span.name == name] for name in EVERY_SPAN}
    [first, second], [redrive], [request], [prepare] = (named[name] for name in EVERY_SPAN)
    assert [parent_of(first), parent_of(second), parent_of(redrive)] == [ids(redrive), ids(redrive), ids(request)]
    assert [linked(first), linked(second), linked(redrive)] == [[SAMPLED.split("-")[1]], [other.split("-")[1]], [SAMPLED.split("-")[1]]]
    assert (first.attributes or {})["messaging.destination.name"] == "case.referred"
    assert parent_of(prepare) == ids(first)


async def test_a_redriven_step_goes_on_in_the_trace_of_its_writer_and_the_redrive_is_linked_to_it(
    spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    service = Service(
        blueprint("127.0.0.1:1", "", tmp_path),
        store=MemoryStore(),
        clock=StoppedClock(NOW),
        publisher=FakePublisher(),
        tracing=tracing(spans),
    )
    entry = Entry(1, How.THEN, new(), "Prepare", "key", 1, 1, NOW, b"{}", SAMPLED, None, None)
    await service.parking.park_step("things/1", entry, KeyError())

    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket") as client:
        await client.post(f"/v1/lanes/{lane_id('things/1')}/redrive", headers={"Authorization": "Bearer 0123456789abcdef"})

    redrive, request = spans.get_finished_spans()
    assert (parent_of(redrive), linked(redrive)) == (ids(request), [SAMPLED.split("-")[1]])


async def test_a_step_that_a_crash_has_left_goes_on_in_the_trace_of_its_writer(spans: InMemorySpanExporter, tmp_path: Path) -> None:
    store, id_ = MemoryStore(), new()
    crashed, next_one = (
        Service(
            blueprint("127.0.0.1:1", "", tmp_path), store=store, clock=StoppedClock(NOW), publisher=FakePublisher(), tracing=tracing(spans)
        )
        for _ in range(2)
    )
    await crashed.relay.stop()

    async def begin(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).then(Prepare(id=message.id))

    await crashed.runner.run(on(Make, begin, Prepare), Make(id=id_), Origin(trace=SAMPLED))  # type: ignore[arg-type]
    assert spans.get_finished_spans() == ()
    await next_one.relay.start()
    await until(next_one.relay.idle)
    await next_one.relay.stop()

    prepare = next(span for span in spans.get_finished_spans() if span.name == "Prepare")
    assert (parent_of(prepare), linked(prepare)) == (tuple(SAMPLED.split("-")[1:3]), [])


def parent_of(span: ReadableSpan) -> tuple[str, str]:
    assert span.parent is not None
    return f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}"


def linked(span: ReadableSpan) -> list[str]:
    return [f"{link.context.trace_id:032x}" for link in span.links]


async def nothing(*_: object) -> None: ...


def test_metrics_carry_their_unit_and_short_labels() -> None:
    metrics = Metrics("intake")

    families = {family.name for family in metrics.registry.collect()}
    assert families == {
        "loket_batch_seconds",
        "loket_breaker_open",
        "loket_consumer_paused",
        "loket_critical_time_seconds",
        "loket_events",
        "loket_http_request_seconds",
        "loket_lag_records",
        "loket_loop_lag_seconds",
        "loket_outbox_age_seconds",
        "loket_outbox_aggregates",
        "loket_parked_lanes",
        "loket_steps",
        "loket_told",
    }


def test_two_services_in_one_process_do_not_share_their_metrics() -> None:
    first, second = Metrics("a"), Metrics("b")
    first.parked.set(3)

    assert second.parked._value.get() == 0


def test_a_librarys_warning_leaves_as_our_line_without_the_values_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    handler = LibraryLines(logger("toy", "info"))
    library.addHandler(handler)
    try:
        raise ValueError("canary")
    except ValueError:
        library.exception("Cannot reach %s", "canary")
    finally:
        library.removeHandler(handler)

    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["reason"], line["error"]) == ("library", "Cannot reach %s", "ValueError")
    assert "canary" not in str(line)
