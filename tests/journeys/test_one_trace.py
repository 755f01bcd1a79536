"""Ops follow one trace, from the partner's POST to the mail that left."""

import pytest
from journeys.reaching import has_told
from opentelemetry.sdk.trace import ReadableSpan
from whole_platform import Platform, registration

from common.telemetry import SPAN_KEYS

pytestmark = pytest.mark.kafka


async def test_a_single_trace_leads_from_the_post_to_the_mail_and_no_span_is_an_orphan(platform: Platform) -> None:
    case = (await platform.hand_in(registration())).json()["id"]
    await platform.until(lambda: has_told(platform, case, "visit.confirmed"))
    await platform.until(lambda: has_told(platform, case, "notification.sent", 2))

    spans = trace_of_the_post(platform)
    known = {span.context.span_id for span in spans}
    orphans = [span.name for span in spans if span.parent is not None and span.parent.span_id not in known]
    names = {span.name for span in spans}

    assert not orphans
    assert [span.name for span in spans if span.parent is None] == ["POST request"]
    assert {"case.screened process", "ClaimSlots", "visit.confirmed process", "HandOver", "notification.sent process"} <= names


async def test_spans_hold_only_the_attributes_that_are_allowed(platform: Platform) -> None:
    case = (await platform.hand_in(registration())).json()["id"]
    await platform.until(lambda: has_told(platform, case, "notification.sent", 2))

    attributes = {key for span in platform.spans.get_finished_spans() for key in span.attributes or {}}

    assert attributes
    assert attributes <= SPAN_KEYS


def trace_of_the_post(platform: Platform) -> list[ReadableSpan]:
    finished = platform.spans.get_finished_spans()
    post = next(span for span in finished if span.name == "POST request")
    return [span for span in finished if span.context.trace_id == post.context.trace_id]
