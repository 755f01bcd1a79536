"""Examples are executed, and who tells and hears what is what the classes and the services both say."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest
import yaml
from jsonschema import Draft202012Validator

from common.cloudevents import DATA_LIMIT, parse
from common.events.base import CaseEvent, Event
from common.events.catalogue import EVENTS
from common.topics import PARTITIONS, TOPICS
from loket.contracts.asyncapi import asyncapi
from loket.contracts.examples import example
from loket.contracts.files import Files
from loket.contracts.headers import HEADERS, example_headers, example_record, own_headers
from loket.contracts.keys import key_field
from loket.contracts.schemas import published_schema
from loket.contracts.services import Platform
from loket.contracts.witness import FORMATS

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)


class Arrived(NamedTuple):
    """An example as the consumer gets it."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    partition: int = 0
    offset: int = 0
    timestamp: int = 0


def faults(schema: Any, value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema, format_checker=FORMATS).iter_errors(value)]


@every_event
def test_an_example_is_what_its_schema_allows(event: type[Event]) -> None:
    schema = published_schema(event)
    Draft202012Validator.check_schema(schema)
    assert faults(schema, example(event)) == []


@every_event
def test_an_example_has_the_headers_that_are_published(event: type[Event]) -> None:
    headers = example_headers(event)
    assert faults(HEADERS, headers) == []
    assert faults(own_headers(event), headers) == []
    assert set(headers) <= set(HEADERS["properties"])


@every_event
def test_an_example_can_be_sent_and_read_back(event: type[Event]) -> None:
    sent = example_record(event)
    read = parse(Arrived(sent.topic, sent.key, sent.value, tuple(sent.headers)), sent.topic)
    assert type(read.event) is event
    assert orjson.loads(read.event.model_dump_json(by_alias=True)) == example(event)
    assert read.event.key.encode() == sent.key
    assert len(sent.value) < DATA_LIMIT


@every_event
def test_events_of_a_case_travel_under_the_key_of_the_case(event: type[Event]) -> None:
    assert (key_field(event)[0] == "caseId") == issubclass(event, CaseEvent)


@every_event
def test_every_text_of_an_event_is_bounded(event: type[Event]) -> None:
    unbounded = [
        path for path, schema in _texts(published_schema(event)) if not {"maxLength", "pattern", "enum", "const", "format"} & set(schema)
    ]
    assert set(unbounded) <= {"properties/record"}  # as long as a record may be


@every_event
def test_every_event_says_what_it_is(event: type[Event]) -> None:
    assert event.__doc__
    assert event.__doc__.endswith(".")


def test_services_tell_what_the_events_say_that_they_tell(platform: Platform) -> None:
    told = {(event.topic, service.name) for service in platform for event in service.tells}
    assert told == {(event.topic, event.publisher) for event in EVENTS.values()}


def test_services_hear_events_that_exist(platform: Platform) -> None:
    assert {event.topic for service in platform for event in service.hears} <= set(EVENTS)


def test_every_handler_leads_only_to_what_its_service_publishes(platform: Platform) -> None:
    for service in platform:
        blueprint = service.blueprint
        for on in (*blueprint.subscribes, *blueprint.steps, *blueprint.commands):
            beyond = {message for message in on.leads_to if issubclass(message, Event)} - set(blueprint.publishes)
            assert not beyond, f"{service.name}: {on.message.__name__}"


def test_only_notifications_hears_personal_data(platform: Platform) -> None:
    assert {service.name for service in platform for event in service.hears if event.personal} == {"notifications"}


def test_all_topics_have_the_same_partitions_and_keep_their_log() -> None:
    assert {topic.name for topic in TOPICS} == set(EVENTS)
    assert {topic.partitions for topic in TOPICS} == {PARTITIONS}
    assert all(topic.config.get("retention.ms") == "-1" or topic.config["cleanup.policy"] == "compact" for topic in TOPICS)


def test_every_reference_in_the_asyncapi_document_leads_somewhere(platform: Platform) -> None:
    document = asyncapi(platform)
    assert {reference for reference in re.findall(r"'\$ref': '([^']+)'", str(document)) if not _leads(document, reference)} == set()


def test_the_examples_in_the_asyncapi_document_fit_its_own_schemas(platform: Platform) -> None:
    document = asyncapi(platform)
    schemas = document["components"]
    for name, message in schemas["messages"].items():
        for part, value in message["examples"][0].items():
            if part != "name":
                assert faults({**message[part], "components": schemas}, value) == [], f"{name}: {part}"


def test_every_group_and_topic_of_the_document_is_that_of_the_code(platform: Platform) -> None:
    document = asyncapi(platform)
    groups = {
        name.split(".")[0]: one["bindings"]["kafka"]["groupId"]["enum"]
        for name, one in document["operations"].items()
        if one["action"] == "receive"
    }
    assert groups == {service.name: [service.offline().group] for service in platform if service.hears}
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in TOPICS}


def test_a_document_that_was_written_reads_back_the_same(files: Files, platform: Platform) -> None:
    (text,) = [text for path, text in files.items() if path.name == "asyncapi.yaml"]
    assert yaml.safe_load(text) == asyncapi(platform)


def _leads(document: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if part not in document:
            return False
        document = document[part]
    return True


def _texts(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    parts = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    if isinstance(schema, dict) and schema.get("type") == "string":
        yield path, schema
    for name, part in parts:
        if name != "examples":
            yield from _texts(part, f"{path}/{name}".lstrip("/"))
