"""The gate of the partner gateway by itself, and inputs for it: right events, wrong ones, and bytes that are nothing at all."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from common.testing.stage import StoppedClock
from intake.domain.region import Rate
from intake.gateway.admission import CASE_SUBMITTED, CONTACT_REGISTERED, QUESTION_ASKED, Admitted, Gate
from intake.gateway.limits import Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication, KeyFiles
from intake.region_pack import read_region

REGION = Path(__file__).parents[2] / "regions" / "south-limburg" / "intake"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MARK = "canary-7f3a"
"""Stands in many inputs; no refusal may repeat it."""
KINDS = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json")
FREE = Rate(per_second=1e9, burst=2_000_000_000)
CASE: dict[str, Any] = {
    "caseType": "brp_first_registration", "purpose": "eu_work", "municipalityCode": "GM0935", "language": "en", "channel": "web",
    "initiatorRole": "client", "stayMonths": 24, "contact": {"name": "A. Example", "email": "a.example@example.org"},
    "persons": [{"number": 1, "nationalityGroup": "eu_eea_ch", "language": "en", "documents": ["passport", "tenancy"]}],
    "formalities": [{"product": "brp_first_registration", "persons": [1]}],
}  # fmt: skip
QUESTION: dict[str, Any] = {
    "caseType": "cross_border_question_nl_be", "service": "gip_maastricht", "theme": "taxes", "language": "nl", "channel": "phone",
    "initiatorRole": "client", "countryOfResidence": "be", "countryOfWork": "nl", "nationalityGroup": "eu_eea_ch", "firstLine": True,
    "responseMinutes": 12, "occurredAt": "2026-11-23T10:00:00+01:00",
}  # fmt: skip
CONTACT: dict[str, Any] = {
    "service": "ecmr", "channel": "counter", "direction": "two_way", "themes": ["registration"], "language": "en", "succeeded": True,
    "occurredAt": "2026-11-23T10:00:00+01:00",
}  # fmt: skip
RIGHT = (
    ("municipality-portal", "urn:nld:oin:00000000000000000105:systeem:portal", CASE_SUBMITTED, CASE),
    ("gip-maastricht", "urn:nld:oin:00000000000000000107:systeem:counter", QUESTION_ASKED, QUESTION),
    ("expat-centre", "urn:nld:oin:00000000000000000109:systeem:counter", CONTACT_REGISTERED, CONTACT),
)


PIECES = (
    b"",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"0",
    b"-",
    b"1e9",
    b"null",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\\ud800",
    b" ",
    b"111222333",
)


@dataclass(frozen=True)
class Input:
    """A request of a partner that is known already, or of somebody who is not."""

    headers: Mapping[str, str]
    body: bytes
    bearer: str | None


def gate(folder: Path) -> Gate:
    """As the service makes it, with room for any pace."""
    region = read_region(REGION)
    clock = StoppedClock(NOW)
    partners = {one.id: one.model_copy(update={"rate": FREE}) for one in region.partners}
    return Gate(
        region, Authentication(KeyFiles(folder, partners), clock, timedelta(minutes=5)), Pace(partners, FREE), clock, batch_most=100
    )


def event(source: str, type_: str, data: Any) -> dict[str, Any]:
    """One event, right if its data is."""
    return {"specversion": "1.0", "id": "1", "source": source, "type": type_, "time": "2026-11-23T09:00:00Z", "data": data}


ODD_TEXTS = (
    "111222333", "12345678", "GM0935", "2026-13-01", "-0", "1e400", "\x00", "\ud800", "\uff27\uff2d", "a" * 300,
    "../../etc/passwd", "' or 1=1",
)  # fmt: skip
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates().map(str),
    st.text(max_size=20),
    st.sampled_from([*ODD_TEXTS, MARK]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)


@st.composite
def bodies(draw: Any) -> Input:
    """A right event, changed in up to four places, then perhaps in its bytes."""
    partner, source, type_, data = draw(st.sampled_from(RIGHT))
    kind = draw(st.sampled_from(KINDS))
    value: Any = json.loads(json.dumps(event(source, type_, data) if kind != KINDS[2] else data))
    for _ in range(draw(st.integers(0, 4))):
        _spoil(draw, value)
    if kind == KINDS[1]:
        value = [value] * draw(st.integers(0, 3))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    body = _bytes_of(draw, text.encode(errors="surrogatepass"))
    headers = {"content-type": kind, "loket-partner": partner}
    if kind == KINDS[2]:
        headers |= {f"ce-{name}": one for name, one in event(source, type_, "").items() if name != "data"}
    for _ in range(draw(st.integers(0, 1))):
        headers[draw(st.sampled_from([*headers, "content-encoding", "ce-id", "ce-x", "webhook-id"]))] = draw(st.text(max_size=30))
    return Input(headers, body, draw(st.sampled_from([partner, partner, partner, None, "nobody"])))


def _spoil(draw: Any, value: Any) -> None:
    """Put something odd somewhere, leave something out, or add something."""
    while isinstance(value, dict | list) and value:
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            value = inner
            continue
        what = draw(st.integers(0, 3))
        if what == 0 and isinstance(value, dict):
            del value[key]
        elif what == 1 and isinstance(value, dict):
            value[draw(st.text(max_size=10))] = draw(ODD)
        else:
            value[key] = draw(ODD)
        return


def _bytes_of(draw: Any, body: bytes) -> bytes:
    what = draw(st.integers(0, 9))
    if what > 2 or not body:
        return body
    place = draw(st.integers(0, len(body) - 1))
    return (body[:place], body[:place] + draw(st.binary(max_size=4)) + body[place:], body[:place] + body[place + 1 :])[what]


INPUTS = bodies() | st.builds(
    Input, st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=4), st.binary(max_size=200), st.none()
)


def varied(one: Input, chance: Random, times: int) -> Iterator[Input]:
    """An input, and so many more that differ from it in a few bytes: drawing is dear, changing is cheap."""
    yield one
    for _ in range(times):
        body = bytearray(one.body)
        for _ in range(chance.randint(1, 3)):
            place = chance.randint(0, len(body))
            body[place : place + chance.randint(0, 2)] = chance.choice(PIECES)
        yield Input(one.headers, bytes(body), one.bearer)


def judged(made: Gate, one: Input) -> str:
    """Admitted or refused, and why; anything else is an error of ours, and so is a refusal that repeats what it was given."""
    try:
        admitted: Admitted = made.admit(one.headers, one.body, one.bearer)
    except Refused as raised:
        refused = raised
    else:
        assert admitted.commands
        assert one.bearer == admitted.partner
        return "admitted"
    assert refused.status in {400, 401, 403, 413, 415, 429}, refused.status
    assert MARK not in str(refused) + "".join(sentence for _, sentence in refused.faults)
    assert refused.reason != "faults" or refused.faults
    return refused.reason
