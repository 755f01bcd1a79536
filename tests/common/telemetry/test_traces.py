"""One trace per story, through steps, redrives and crashes."""

from pathlib import Path
from types import SimpleNamespace

import httpx
from aiokafka import TopicPartition
from chassis import NOW, FakePublisher, FakeRecord, Finish, Make, Thing, ToyPorts, new, record_of, referred, until
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from toy_service import Prepare, blueprint
from worlds.spans import SAMPLED, ids, linked, parent_of, tracing

from common.aggregate import How
from common.cloudevents import parse
from common.events.case import CaseReferred
from common.lanes import lane_id
from common.runner import Origin
from common.service import Service
from common.store.port import Entry
from common.subscribing import on
from common.testing.issuer import Badge
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

EVERY_SPAN = ("case.referred process", "lane redrive", "POST request", "Prepare")


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
    consumer = SimpleNamespace(assignment=lambda: {TopicPartition("case.referred", 0)}, commit=nothing, _fetcher=SimpleNamespace())
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
    record = record_of(case, traceparent=SAMPLED.encode())
    await service.parking.park(str(case), record, "case.referred", KeyError(), parse(record, "case.referred").envelope)
    await service.parking.queue(str(case), record_of(case, 2, offset=1, traceparent=other.encode()), "case.referred")

    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loket", auth=Badge(service.clock, "ops")) as client:
        answer = await client.post(f"/v1/lanes/{lane_id(str(case))}/redrive")

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
    async with httpx.AsyncClient(transport=transport, base_url="http://loket", auth=Badge(service.clock, "ops")) as client:
        await client.post(f"/v1/lanes/{lane_id('things/1')}/redrive")

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


async def nothing(*_: object) -> None: ...
