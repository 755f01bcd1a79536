"""Definitions and region pack: complete, in step with each other, and broken ones are refused by name."""

import re
from datetime import date
from pathlib import Path

import pytest
from reporting_room import READ_CATALOGUE, READ_REGION, REGION

from common.events.catalogue import EVENTS
from reporting.definitions import HERE, Catalogue, Definition, DefinitionError, read_definition
from reporting.region import Region, RegionError

DEFINITIONS = [read_definition(path) for path in sorted(HERE.glob("*.sql"))]
TEN = ["k01", "k02", "k05", "k06", "k07", "k08", "k09", "k16", "k18", "k20"]
WHOLE = (HERE / "k01_client_contacts.v1.sql").read_text(encoding="utf-8")


def test_there_are_ten_indicators() -> None:
    assert list(READ_CATALOGUE.keys) == TEN


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.list_name)
def test_front_matter_is_complete(definition: Definition) -> None:
    assert all(
        (
            definition.title,
            definition.unit,
            definition.definition,
            definition.population,
            definition.clock,
            definition.source,
            definition.events,
            definition.by,
        )
    )
    assert definition.source.endswith(f"K{int(definition.key[1:])}")


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.list_name)
def test_the_events_named_are_those_that_the_sql_reads(definition: Definition) -> None:
    read = set(re.findall(r"'([a-z]+\.[a-z-]+)'", definition.counted))
    if "join cases" in definition.counted:
        read.add("case.created")

    assert set(definition.events) == read
    assert read <= set(EVENTS)
    assert not any(EVENTS[topic].personal for topic in read)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.list_name)
def test_every_field_that_the_sql_reads_is_in_a_contract(definition: Definition) -> None:
    fields = set(re.findall(r"->>? '([A-Za-z]+)'", definition.counted))
    known = {field.alias for topic in EVENTS for field in EVENTS[topic].model_fields.values()} | {"appointmentId", "products", "startsAt"}

    assert fields <= known


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.list_name)
def test_every_number_beside_the_value_is_explained(definition: Definition) -> None:
    columns = set(re.findall(r" as ([a-z0-9_]+)(?:,|\n)", definition.figure)) - {"n", "value", "numerator", "denominator"}

    assert columns == set(definition.details)


def test_no_place_or_product_of_the_region_is_named_in_the_definitions() -> None:
    named = {member.value for member in READ_REGION.members}

    assert not [value for definition in DEFINITIONS for value in named if f"'{value}'" in definition.counted]


def test_region_rows_speak_of_indicators_that_exist() -> None:
    assert {row.indicator for row in (*READ_REGION.members, *READ_REGION.references)} <= set(TEN)
    assert {member.indicator for member in READ_REGION.members} == {"k01", "k02", "k06", "k08", "k09", "k16"}


def test_k5_and_k05_are_the_same_indicator() -> None:
    assert READ_CATALOGUE.of("K5", date(2026, 1, 1)) == READ_CATALOGUE.of("k05", date(2026, 1, 1)) != None  # noqa: E711
    assert READ_CATALOGUE.of("nonsense", date(2026, 1, 1)) is None


def test_the_version_in_force_on_the_first_day_counts(tmp_path: Path) -> None:
    (tmp_path / "k01_contacts.v1.sql").write_text(WHOLE)
    (tmp_path / "k01_contacts.v2.sql").write_text(WHOLE.replace("version: v1", "version: v2").replace("2020-01-01", "2026-07-01"))
    catalogue = Catalogue.read(tmp_path)

    versions = [catalogue.of("k01", day) for day in (date(2019, 1, 1), date(2026, 6, 30), date(2026, 7, 1))]

    assert [found and found.version for found in versions] == ["v1", "v1", "v2"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("k01_x.v1.sql", "select 1", "front matter"),
        ("k01_x.v1.sql", WHOLE.replace("-- unit: contact\n", ""), "unit is missing"),
        ("k01_x.v1.sql", WHOLE.replace("-- unit: contact", "-- unit: contact\n-- colour: red"), "colour is missing or not right"),
        ("k01_x.v1.sql", WHOLE + "\nselect 1;\n", "3 statements"),
        ("k02_x.v1.sql", WHOLE, "name and content differ"),
        ("k01_x.v2.sql", WHOLE, "name and content differ"),
    ],
)
def test_a_broken_definition_is_refused_by_name(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(DefinitionError, match=sentence) as refusal:
        read_definition(tmp_path / name)

    assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("norms.yaml", "- {norm: bsn_issued, days: soon}", r"norms\.yaml, row 1: days: "),
        ("calendar.yaml", "{timezone: Europe/Nowhere, holidays: []}", r"calendar\.yaml, row 1: timezone"),
        ("populations.yaml", "[", r"populations\.yaml cannot be read"),
        ("references.yaml", None, r"references\.yaml cannot be read"),
    ],
)
def test_a_broken_region_is_refused_by_file_and_row(tmp_path: Path, file: str, text: str | None, sentence: str) -> None:
    for path in REGION.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / file).unlink()
    if text is not None:
        (tmp_path / file).write_text(text)

    with pytest.raises((RegionError, ValueError), match=sentence):
        Region.read(tmp_path)
