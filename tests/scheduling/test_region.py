"""The region pack: what it says about South Limburg, and how its faults are named."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from scheduling.domain.catalogue import Closure, in_force
from scheduling.openings import Openings
from scheduling.region import Region, RegionFault

PACK = Path(__file__).parents[2] / "regions/south-limburg/scheduling"


@pytest.fixture
def pack(tmp_path):
    shutil.copytree(PACK, tmp_path / "pack")
    return tmp_path / "pack"


def replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_all_seventeen_municipalities_are_served_at_mosae_forum(region):
    assert len(set(region.location("mosae_forum", date(2026, 11, 3)).municipalities)) == 17


def test_the_immigration_desks_are_open_on_tuesday_thursday_and_friday_only(region):
    openings = Openings(region)
    week = [date(2026, 11, 2) + timedelta(days=n) for n in range(7)]

    open_on = {day.strftime("%a") for day in week for desk, bits in openings.of("mosae_forum", day).items() if ".ind." in desk and bits}

    assert open_on == {"Tue", "Thu", "Fri"}


def test_no_desk_opens_on_a_public_holiday_at_carnival_or_in_the_weekend(region):
    openings = Openings(region)

    for day in ("2026-12-25", "2027-01-01", "2027-02-08", "2027-02-09", "2027-03-29", "2027-04-27", "2027-05-06", "2026-11-07"):
        assert not any(openings.is_working_day(location, date.fromisoformat(day)) for location in region.location_ids), day


def test_town_halls_have_desks_of_the_municipality_only(region):
    assert {desk.organisation for desk in region.desks if desk.location != "mosae_forum"} == {"municipality"}


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("desks.yaml", "organisation: ecmr", "organisation: ind", "desks.yaml, mosae_forum.ecmr.1: settling_consultation"),
        ("desks.yaml", "location: mosae_forum", "location: elsewhere", "desks.yaml, mosae_forum.municipality.1: location elsewhere"),
        ("desks.yaml", "08:30-12:30", "12:30-08:30", r"row 1 \(mosae_forum.municipality.1\): hours.mon.0: .* closes before it opens"),
        ("desks.yaml", "08:30-12:30", "8.30-12.30", "hours.mon.0: .* 09:00-12:30"),
        ("desks.yaml", "mosae_forum.municipality.2", "mosae_forum.municipality.1", "desks.yaml, row 2 .* earlier row"),
        ("products.yaml", "rank: 1", "rank: first", r"products.yaml, row 1 \(brp_first_registration\): rank"),
        ("products.yaml", "valid_from: 2020-01-01", "valid_from: 2020-01-01\n    valid_to: 2019-01-01", "valid_to lies before"),
        ("closures.yaml", "country: NL", "country: NL, location: mosae_forum", "closures.yaml, row 1: .* exactly one"),
        ("closures.yaml", "location: mosae_forum", "location: elsewhere", "closures.yaml, 2026-02-16: elsewhere is not known"),
        ("closures.yaml", "to: 2026-01-01", "to: 2025-01-01", "ends before it begins"),
        ("policy.yaml", "Europe/Amsterdam", "Europe/Maastricht", "policy.yaml: timezone"),
        ("policy.yaml", "slot_grid_minutes: 5", "slot_grid_minutes: 7", "policy.yaml: slot_grid_minutes"),
        ("locations.yaml", "locations:", "places:", "locations.yaml: one key"),
        ("locations.yaml", "locations:", "locations: [", "locations.yaml is no YAML"),
        ("locations.yaml", "- GM0888", "- GM888", r"locations.yaml, row 1 \(mosae_forum\): municipalities.0"),
    ],
)
def test_a_fault_is_named_by_file_and_row(pack, file, old, new, named):
    replace(pack / file, old, new)

    with pytest.raises(RegionFault, match=named):
        Region.read(pack)


def test_a_missing_file_is_named(pack):
    (pack / "desks.yaml").unlink()

    with pytest.raises(RegionFault, match=r"desks\.yaml is missing"):
        Region.read(pack)


def test_rows_hold_from_their_first_to_their_last_day(pack):
    text = (pack / "products.yaml").read_text()
    row = text[text.index("  - id: brp") : text.index("  - id: certificate")]
    ended = row.replace("valid_from: 2020-01-01", "valid_from: 2020-01-01\n    valid_to: 2026-12-31")
    begun = row.replace("2020-01-01", "2027-01-01").replace("first_person_minutes: 20", "first_person_minutes: 25")
    (pack / "products.yaml").write_text(text.replace(row, ended + begun))
    region = Region.read(pack)
    rows = [row for row in region.products if row.id == "brp_first_registration"]

    minutes = [in_force(rows, date.fromisoformat(day)).minutes(2) for day in ("2026-12-31", "2027-01-01")]

    assert minutes == [30, 35]
    assert region.era(date(2026, 12, 31)) != region.era(date(2027, 1, 1))
    assert region.era(date(2027, 1, 1)) == region.era(date(2027, 6, 1))


def test_without_rules_for_a_day_there_is_a_clear_sentence(region):
    with pytest.raises(RegionFault, match="no row holds on 2019-12-31"):
        region.policy(date(2019, 12, 31))


def test_a_closure_closes_its_country_its_location_or_its_desk(region):
    place, day = region.location("mosae_forum", date(2026, 11, 3)), date(2026, 11, 3)

    def closes(desk=None, **scope):
        return Closure.model_validate({**scope, "from": day, "to": day, "reason": "flood"}).closes(place, desk, day)

    assert closes(country="NL")
    assert closes(location="mosae_forum", desk="x")
    assert not closes(country="BE")
    assert not closes(location="heerlen_town_hall")


def test_a_desk_closure_of_the_pack_closes_that_desk_alone(pack):
    text = (pack / "closures.yaml").read_text()
    row = "\n  - {desk: mosae_forum.ind.1, from: 2026-11-03, to: 2026-11-03, reason: training}\n"
    (pack / "closures.yaml").write_text(text + row)
    openings = Openings(Region.read(pack))

    bits = openings.of("mosae_forum", date(2026, 11, 3))

    assert not bits["mosae_forum.ind.1"]
    assert bits["mosae_forum.ind.2"]
    assert openings.closed_by("mosae_forum", "mosae_forum.ind.1", date(2026, 11, 3)) == "training"


def test_a_location_or_a_desk_that_is_not_in_use_yet_is_closed(pack):
    replace(pack / "locations.yaml", "valid_from: 2020-01-01", "valid_from: 2026-11-10")
    replace(pack / "desks.yaml", "valid_from: 2020-01-01", "valid_from: 2026-11-12")
    region = Region.read(pack)
    openings = Openings(region)

    assert openings.closed_by("mosae_forum", None, date(2026, 11, 9)) == "not_in_use"
    assert not openings.is_working_day("mosae_forum", date(2026, 11, 9))
    assert openings.of("mosae_forum", date(2026, 11, 10))["mosae_forum.municipality.1"] == 0
    assert openings.of("mosae_forum", date(2026, 11, 12))["mosae_forum.municipality.1"] != 0
