"""The gate: what is let through as which command, batches, permission, and citizen service numbers."""

import json

import pytest

from intake.domain.messages import RecordQuestion, RegisterContact, SubmitCase

from .bench import BATCH, CONTACT, QUESTION, admit, event, person, pointers, refusal


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
    command = admit(gate, event(CONTACT, type_="contact-registered", partner="expat-centre"), partner="expat-centre").commands[0]

    assert isinstance(command, RegisterContact)


@pytest.mark.parametrize(("data", "type_"), [(CONTACT, "contact-registered"), ({**QUESTION, "service": "ecmr"}, "question-asked")])
def test_a_partner_speaks_for_its_own_desk_alone(gate, data, type_):
    refused = refusal(gate, event(data, type_=type_, partner="gip-maastricht"), partner="gip-maastricht")

    assert (refused.status, *refused.faults) == (403, ("/data/service", "is no service that this partner may speak for"))


def test_the_fingerprint_is_that_of_the_bytes(gate, fast_track):
    once = admit(gate, event(fast_track())).commands[0].fingerprint
    again = admit(gate, event(fast_track())).commands[0].fingerprint
    other = admit(gate, event(fast_track(language="nl"))).commands[0].fingerprint

    assert once == again != other


def test_what_is_not_signed_makes_no_repeat_another_event(gate, fast_track):
    """In binary mode a library stamps each try with a `ce-time` of its own."""
    attributes = {f"ce-{name}": value for name, value in event(fast_track()).items() if name != "data"}
    headers = {"content-type": "application/json", **attributes}

    first = admit(gate, fast_track(), headers, id_="1").commands[0].fingerprint
    second = (
        admit(gate, fast_track(), {**headers, "ce-time": "2026-11-23T09:01:00Z", "ce-subject": "other"}, id_="1").commands[0].fingerprint
    )

    assert first == second


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
        (
            lambda data: event(
                {**data, "caseType": "brp_first_registration", "formalities": [{"product": "brp_first_registration", "persons": [1]}]}
            ),
            "/data/caseType",
        ),
    ],
)
def test_what_a_partner_may_not_send_is_refused(gate, fast_track, content, pointer):
    refused = refusal(gate, content(fast_track()))

    assert (refused.status, pointers(refused)) == (403, [pointer])


def test_a_type_that_only_others_may_send_gets_403(gate):
    refused = refusal(gate, event(QUESTION, type_="question-asked"))

    assert (refused.status, pointers(refused)) == (403, ["/type"])
