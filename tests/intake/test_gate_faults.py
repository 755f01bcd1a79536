"""The gate: media types, envelope and data; every fault is named, and nothing is repeated."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.domain.region import Rate
from intake.gateway.admission import Gate
from intake.gateway.limits import Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication, KeyFiles

from .bench import BATCH, QUESTION, SOURCES, STRUCTURED, admit, event, person, pointers, refusal, signed


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
        "/specversion", "/data/municipalityCode", "/data/purpose", "/data/language", "/data/persons", "/data/persons/1/documents/0",
        "/data/persons/1/language",
        "/data/persons/1/shoeSize", "/data/formalities/0/product", "/data/formalities/0/persons/1", "/data/arrivesOn",
        "/data/notBefore", "/data/contact/name",
        "/data/contact/email", "/data/channel", "/data/initiatorRole",
    }  # fmt: skip


def test_no_fault_repeats_what_was_sent(gate, fast_track):
    data = fast_track(
        contact={"name": "CANARY\n", "email": "CANARY", "CANARY key!": 1},
        channel="CANARY",
        notBefore="CANARY",
        journeyId="CANARY",
        persons="CANARY",
    )

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
    refused = refusal(
        gate, event({**QUESTION, "caseType": "biometrics"}, type_="question-asked", partner="gip-maastricht"), partner="gip-maastricht"
    )

    assert pointers(refused) == ["/data/caseType"]


NAMES = ["id", "type", "data", "persons", "number", "formalities", "product", "specversion", "source", "caseType"]


SHAPES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
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
    gate = Gate(
        region,
        Authentication(KeyFiles(secrets, partners), clock, timedelta(seconds=300)),
        Pace(partners, Rate(per_second=1e9, burst=10**9)),
        clock,
        100,
    )

    for headers in (STRUCTURED, BATCH, BINARY):
        with pytest.raises(Refused) as refused:
            gate.admit({**headers, **signed(body, "1")}, body)
        assert refused.value.status in {400, 403}
