"""Spans: their parents, their links, what they may hold."""

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from worlds.spans import SAMPLED, UNSAMPLED, ids, tracing

from common.telemetry import SPAN_KEYS, Tracing


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
