"""The gate: what is let through as which command, and what is refused with which faults."""

import json
from base64 import b64encode
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from intake.domain.messages import RecordQuestion, RegisterContact, SubmitCase
from intake.domain.region import Rate
from intake.gateway.admission import Gate
from intake.gateway.limits import Bucket, Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication, KeyFiles

from .conftest import KEY, NOW, SOURCES, event, person, signed

STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
QUESTION = {
    "caseType": "cross_border_question_nl_be",
    "service": "gip_maastricht",
    "theme": "taxes",
    "language": "nl",
    "channel": "phone",
    "initiatorRole": "client",
    "countryOfResidence": "be",
    "countryOfWork": "nl",
    "nationalityGroup": "eu_eea_ch",
    "firstLine": True,
    "responseMinutes": 12,
    "occurredAt": "2026-11-23T10:00:00+01:00",
}
CONTACT = {
    "service": "ecmr",
    "channel": "counter",
    "direction": "two_way",
    "themes": ["registration"],
    "language": "en",
    "succeeded": True,
    "occurredAt": "2026-11-23T10:00:00+01:00",
}


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def gate(region, clock, secrets, time):
    partners = {partner.id: partner for partner in region.partners}
    authentication = Authentication(KeyFiles(secrets, partners, time), clock, timedelta(seconds=300))
    return Gate(region, authentication, Pace(partners, Rate(per_second=10, burst=20), time), clock, 100)


def admit(gate, content, headers=STRUCTURED, partner="shared-service-centre", id_=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    signed_id = id_ or (content.get("id") if isinstance(content, dict) else None) or "1"
    return gate.admit({**headers, **signed(body, str(signed_id), partner)}, body)


def refusal(gate, content, headers=STRUCTURED, partner="shared-service-centre", id_=None) -> Refused:
    with pytest.raises(Refused) as refused:
        admit(gate, content, headers, partner, id_)
    return refused.value


def pointers(refused: Refused) -> list[str]:
    return [pointer for pointer, _ in refused.faults]


def test_structured_binary_and_batch_become_the_same_commands(gate, fast_track):
    data = fast_track()
    attributes = {f"ce-{name}": value for name, value in event(data).items() if name != "data"}

    structured = admit(gate, event(data)).commands[0]
    binary = admit(gate, data, {"content-type": "application/json; charset=utf-8", **attributes}, id_="1").commands[0]
    batched = admit(gate, [event(data), event(data, "2")], BATCH).commands

    assert isinstance(structured, SubmitCase)
    assert structured.handed_in == binary.handed_in == batched[0].handed_in
    assert structured.id == binary.id == batched[0].id != batched[1].id
    assert structured.fingerprint == batched[0].fingerprint
    assert structured.organisation_id == "shared-service-centre"


def test_a_question_gets_the_municipality_of_its_counter(gate):
    command = admit(gate, event(QUESTION, type_="question-asked", partner="gip-maastricht"), partner="gip-maastricht").commands[0]

    assert isinstance(command, RecordQuestion)
    assert (command.municipality_code, command.purpose) == ("GM0935", "cross_border")


def test_a_contact_is_registered(gate):
    command = admit(gate, event(CONTACT, type_="contact-registered", partner="municipality-portal"), partner="municipality-portal").commands[0]

    assert isinstance(command, RegisterContact)


def test_the_fingerprint_is_that_of_the_bytes(gate, fast_track):
    once = admit(gate, event(fast_track())).commands[0].fingerprint
    again = admit(gate, event(fast_track())).commands[0].fingerprint
    other = admit(gate, event(fast_track(language="nl"))).commands[0].fingerprint

    assert once == again != other


def test_in_binary_mode_the_attributes_count_for_the_fingerprint(gate, fast_track):
    attributes = {f"ce-{name}": value for name, value in event(fast_track()).items() if name != "data"}
    headers = {"content-type": "application/json", **attributes}

    first = admit(gate, fast_track(), headers, id_="1").commands[0].fingerprint
    second = admit(gate, fast_track(), {**headers, "ce-subject": "other"}, id_="1").commands[0].fingerprint

    assert first != second


def test_signatures_made_by_the_library_are_taken(gate, fast_track):
    body = json.dumps(event(fast_track()))
    signature = Webhook("whsec_" + b64encode(KEY).decode()).sign("1", NOW, body)
    headers = {"loket-partner": "shared-service-centre", "webhook-id": "1", "webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": signature}

    assert gate.admit({**STRUCTURED, **headers}, body.encode()).commands


def test_a_partner_may_sign_with_each_of_its_live_secrets(gate, fast_track, secrets, time):
    new = b"another secret of thirty-two byt"
    body = json.dumps(event(fast_track(), partner="university")).encode()
    (secrets / "university").write_text(f"whsec_{b64encode(KEY).decode()}\nwhsec_{b64encode(new).decode()}\n")
    time.now += 11

    headers = signed(body, "1", "university", key=new)
    old = signed(body, "1", "university")["webhook-signature"]

    assert gate.admit({**STRUCTURED, **headers}, body).commands
    assert gate.admit({**STRUCTURED, **headers, "webhook-signature": f"v1a,x {old}"}, body).commands


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-signature": ""}, "signature"),
        ({"webhook-signature": "v1,AAAA"}, "signature"),
        ({"webhook-signature": "v1,é"}, "signature"),
        ({"webhook-id": "2"}, "signature"),
        ({"webhook-id": ""}, "signature"),
        ({"webhook-timestamp": "1"}, "signature"),
        ({"webhook-timestamp": ""}, "signature"),
        ({"loket-partner": "university"}, None),
        ({"loket-partner": "nobody"}, "signature"),
        ({"loket-partner": ""}, "signature"),
        ({"loket-partner": "engineering-sponsor"}, "signature"),
    ],
)
def test_whoever_is_not_known_by_a_signature_gets_401(gate, fast_track, change, reason):
    body = json.dumps(event(fast_track())).encode()

    with pytest.raises(Refused) as refused:
        gate.admit({**STRUCTURED, **signed(body, "1"), **change}, body)

    assert (refused.value.status, refused.value.reason) == ((401, reason) if reason else (403, "not_allowed"))


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_each_way(gate, fast_track, seconds, taken):
    body = json.dumps(event(fast_track())).encode()
    headers = {**STRUCTURED, **signed(body, "1", at=NOW + timedelta(seconds=seconds))}

    if taken:
        assert gate.admit(headers, body)
    else:
        with pytest.raises(Refused) as refused:
            gate.admit(headers, body)
        assert (refused.value.status, refused.value.reason) == (401, "stale")


def test_the_id_of_a_single_event_is_the_one_that_was_signed(gate, fast_track):
    refused = refusal(gate, event(fast_track(), "2"), id_="1")

    assert (refused.status, pointers(refused)) == (400, ["/id"])


@pytest.mark.parametrize("kind", ["text/plain", "", "application/cloudevents+xml", "application/json; charset=latin-1"])
def test_another_media_type_gets_415(gate, fast_track, kind):
    assert refusal(gate, event(fast_track()), {"content-type": kind}).status == 415
    assert refusal(gate, event(fast_track()), {**STRUCTURED, "content-encoding": "gzip"}).status == 415


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"specversion": None}, "/specversion"),
        ({"id": ""}, "/id"),
        ({"id": "x" * 129}, "/id"),
        ({"id": "a b"}, "/id"),
        ({"id": 7}, "/id"),
        ({"source": ""}, "/source"),
        ({"type": ""}, "/type"),
        ({"time": "2026-11-23T09:00:00"}, "/time"),
        ({"time": "2026-13-23T09:00:00Z"}, "/time"),
        ({"time": 1732352400}, "/time"),
        ({"datacontenttype": "text/xml"}, "/datacontenttype"),
        ({"data_base64": "e30="}, "/data_base64"),
        ({"data": None}, "/data"),
        ({"data": []}, "/data"),
        ({"myExtension": "x"}, "/myExtension"),
        ({"extension": {"a": 1}}, "/extension"),
        ({"subject": "x" * 257}, "/subject"),
    ],
)
def test_a_wrong_attribute_is_named(gate, fast_track, change, pointer):
    content = {**event(fast_track()), **change}
    refused = refusal(gate, content, id_=str(content["id"])[:128].replace(" ", "_") or "1")

    assert (refused.status, refused.reason) == (400, "faults")
    assert pointer in pointers(refused)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "data"])
def test_a_missing_attribute_is_named(gate, fast_track, name):
    content = event(fast_track())
    del content[name]

    assert f"/{name}" in pointers(refusal(gate, content, id_="1"))


def test_extensions_and_traces_are_let_by(gate, fast_track):
    assert admit(gate, event(fast_track(), traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", hops=3)).commands


def test_all_faults_of_a_submission_are_named_at_once(gate, fast_track):
    data = fast_track(
        municipalityCode="GM9999",
        purpose="holiday",
        caseType="fast_track_non_eu",
        language="es",
        persons=[person(), {**person(1), "documents": ["diploma"], "language": "xx", "shoeSize": 43}],
        formalities=[{"product": "return_visa", "persons": [1, 3]}],
        arrivesOn="2026-13-01",
        notBefore="2026-12-01T09:00:00",
        contact={"name": "", "email": "nowhere"},
        channel="by carrier pigeon, please",
    )
    data.pop("initiatorRole")

    refused = refusal(gate, event(data, specversion="2.0"))

    assert set(pointers(refused)) == {
        "/specversion", "/data/municipalityCode", "/data/purpose", "/data/language", "/data/persons", "/data/persons/1/documents/0", "/data/persons/1/language",
        "/data/persons/1/shoeSize", "/data/formalities/0/product", "/data/formalities/0/persons/1", "/data/arrivesOn", "/data/notBefore", "/data/contact/name",
        "/data/contact/email", "/data/channel", "/data/initiatorRole",
    }  # fmt: skip


def test_no_fault_repeats_what_was_sent(gate, fast_track):
    data = fast_track(contact={"name": "CANARY\n", "email": "CANARY", "CANARY key!": 1}, channel="CANARY", notBefore="CANARY", journeyId="CANARY", persons="CANARY")

    refused = refusal(gate, event(data, "CANARY\x7f", time="CANARY", subject=["CANARY"]), id_="1")

    assert "CANARY" not in refused.answer().body.decode()


@pytest.mark.parametrize("name", ["caseType", "municipalityCode", "purpose", "channel", "initiatorRole"])
def test_an_unknown_code_is_named_and_free_text_has_no_place(gate, fast_track, name):
    for code in ("not_listed", "Please call me back, I am in a hurry"):
        assert f"/data/{name}" in pointers(refusal(gate, event(fast_track(**{name: code}))))


def test_snake_case_is_not_taken_at_the_gate(gate, fast_track):
    data = fast_track()
    data["case_type"] = data.pop("caseType")

    assert set(pointers(refusal(gate, event(data)))) >= {"/data/caseType", "/data/case_type"}


def test_a_number_is_not_taken_for_a_word_nor_a_word_for_a_number(gate, fast_track):
    data = fast_track(stayMonths="12", persons=[{**person(), "number": True}])

    assert set(pointers(refusal(gate, event(data)))) >= {"/data/stayMonths", "/data/persons/0/number"}


def test_a_question_is_of_a_type_of_question(gate):
    refused = refusal(gate, event({**QUESTION, "caseType": "biometrics"}, type_="question-asked", partner="gip-maastricht"), partner="gip-maastricht")

    assert pointers(refused) == ["/data/caseType"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"contact": {"name": "A. Example 123456782", "email": "a@example.org"}}, "/data/contact/name"),
        ({"contact": {"name": "A. Example", "email": "123456782@example.org"}}, "/data/contact/email"),
        ({"stayMonths": 123456782}, "/data/stayMonths"),
        ({"bsn": "1234.56.782"}, "/data/bsn"),
        ({"123456782": 1}, "/data"),
    ],
)
def test_a_citizen_service_number_is_refused_with_the_reason_and_never_repeated(gate, fast_track, change, pointer):
    content = json.dumps(event(fast_track(**change))).encode()

    refused = refusal(gate, content, id_="1")
    answer = refused.answer().body.decode()

    assert (refused.status, refused.reason) == (400, "bsn")
    assert pointer in pointers(refused)
    assert "citizen service number" in answer
    assert "3456782" not in answer
    assert "56.782" not in answer


def test_a_number_written_with_escapes_is_found(gate, fast_track):
    content = json.dumps(event(fast_track(channel="ONE23456782"))).replace("ONE", "\\u0031").encode()

    assert refusal(gate, content, id_="1").reason == "bsn"


def test_a_number_in_the_envelope_is_refused_too(gate, fast_track):
    assert pointers(refusal(gate, event(fast_track(), "123456782"))) == ["/id"]
    attributes = {f"ce-{name}": value for name, value in event(fast_track(), subject="%3123456782").items() if name != "data"}
    assert pointers(refusal(gate, fast_track(), {"content-type": "application/json", **attributes}, id_="1")) == ["/subject"]


def test_of_a_batch_every_fault_of_every_event_is_named_and_none_is_taken(gate, fast_track):
    good, bad = fast_track(), fast_track(persons=[{**person(), "language": "es"}])
    faulty = event(good, "3")
    del faulty["source"]

    refused = refusal(gate, [event(good, "1"), event(bad, "2"), faulty], BATCH)

    assert (refused.status, pointers(refused)) == (400, ["/1/data/persons/0/language", "/2/source"])


def test_two_events_of_a_batch_with_one_id_must_be_the_same(gate, fast_track):
    assert len(admit(gate, [event(fast_track()), event(fast_track())], BATCH).commands) == 2
    assert pointers(refusal(gate, [event(fast_track()), event(fast_track(language="nl"))], BATCH)) == ["/1/id"]


@pytest.mark.parametrize("content", [[], {}, [1], "x"])
def test_what_is_no_batch_of_events_is_refused(gate, content):
    assert refusal(gate, json.dumps(content).encode(), BATCH).status == 400


def test_a_batch_has_a_hundred_events_at_most(gate):
    assert refusal(gate, json.dumps([{}] * 101).encode(), BATCH).reason == "not_strict_json"


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (lambda data: event(data, type_="case-closed"), "/type"),
        (lambda data: event(data, source="urn:nld:oin:00000000000000000102:systeem:mobility"), "/source"),
        (lambda data: event({**data, "organisationId": "engineering-sponsor"}), "/data/organisationId"),
        (lambda data: event({**data, "caseType": "brp_first_registration", "formalities": [{"product": "brp_first_registration", "persons": [1]}]}), "/data/caseType"),
    ],
)
def test_what_a_partner_may_not_send_is_refused(gate, fast_track, content, pointer):
    refused = refusal(gate, content(fast_track()))

    assert (refused.status, pointers(refused)) == (403, [pointer])


def test_a_type_that_only_others_may_send_gets_403(gate):
    refused = refusal(gate, event(QUESTION, type_="question-asked"))

    assert (refused.status, pointers(refused)) == (403, ["/type"])


def test_a_partner_that_is_too_fast_is_told_how_long_to_wait(gate, fast_track, time):
    ids = count(1)
    for _ in range(20):
        admit(gate, event(fast_track(), str(next(ids))))

    refused = refusal(gate, event(fast_track(), "21"))
    assert (refused.status, refused.answer().headers["retry-after"]) == (429, "1")

    time.now += 0.2
    assert admit(gate, event(fast_track(), "21"))


def test_strangers_do_not_use_up_a_partners_tokens(gate, fast_track):
    body = json.dumps(event(fast_track())).encode()
    for _ in range(50):
        with pytest.raises(Refused, match="signature"):
            gate.admit({**STRUCTURED, **signed(body, "1", key=b"x" * 32)}, body)

    assert gate.admit({**STRUCTURED, **signed(body, "1")}, body)


def test_a_batch_counts_each_event(gate, fast_track, time):
    admit(gate, [event(fast_track(), str(number)) for number in range(40)], BATCH)

    refused = refusal(gate, event(fast_track(), "x"))
    assert refused.retry_after == pytest.approx(2.1)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=50))
def test_a_bucket_never_gives_more_than_rim_and_rate(waits):
    time, given_out = Time(), 0
    bucket = Bucket(Rate(per_second=2, burst=5), time)
    for wait, tokens in waits:
        time.now += wait
        if bucket.wait() == 0:
            bucket.take(tokens)
            given_out += tokens

    assert given_out <= 5 + 2 * time.now + 5


NAMES = ["id", "type", "data", "persons", "number", "formalities", "product", "specversion", "source", "caseType"]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner)
)
BINARY = {
    "content-type": "application/json",
    "ce-id": "1",
    "ce-source": SOURCES["shared-service-centre"],
    "ce-specversion": "1.0",
    "ce-type": "nl.arbeidsmarktdiensten.case-submitted.v1",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.binary(max_size=200) | SHAPES.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_refused_in_words(region, clock, secrets, body):
    partners = {partner.id: partner for partner in region.partners}
    gate = Gate(region, Authentication(KeyFiles(secrets, partners), clock, timedelta(seconds=300)), Pace(partners, Rate(per_second=1e9, burst=10**9)), clock, 100)

    for headers in (STRUCTURED, BATCH, BINARY):
        with pytest.raises(Refused) as refused:
            gate.admit({**headers, **signed(body, "1")}, body)
        assert refused.value.status in {400, 403}
