"""Days and numbers at the gate: what no case can be carried to its end with is refused, with all other faults, in words."""

from datetime import date

import pytest

from intake.region_pack import RegionPackWrong, read_region

from .bench import CONTACT, NOW, QUESTION, REGION, admit, event, person, pointers, refusal

EDGES = ("0001-01-01", "9999-12-31", "2016-11-20", "2031-11-26")


@pytest.mark.parametrize("name", ["arrivesOn", "startsOn", "notBefore"])
@pytest.mark.parametrize("day", EDGES)
def test_a_day_that_is_not_plausible_is_named_with_all_other_faults(gate, fast_track, name, day):
    refused = refusal(gate, event(fast_track(**{name: day, "channel": "pigeon"})))

    assert set(pointers(refused)) == {f"/data/{name}", "/data/channel"}
    assert "must lie between 20" in dict(refused.faults)[f"/data/{name}"]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-25T00:00:00Z", 1795424400, "1795424400"]
)
@pytest.mark.parametrize(
    ("partner", "kind", "data"), [("gip-maastricht", "question-asked", QUESTION), ("expat-centre", "contact-registered", CONTACT)]
)
def test_what_has_happened_did_so_lately_and_is_said_in_words(gate, partner, kind, data, moment):
    refused = refusal(gate, event({**data, "occurredAt": moment}, type_=kind, partner=partner), partner=partner)

    assert pointers(refused) == ["/data/occurredAt"]


def test_both_ends_of_the_bounds_are_taken(gate, fast_track):
    for day in (date(2016, 11, 22), date(2031, 11, 24)):
        assert admit(gate, event(fast_track(arrivesOn=str(day), startsOn=str(day), notBefore="2028-02-29"))).commands


def test_a_group_for_which_no_day_is_long_enough_is_told_how_many_can_come(gate, fast_track):
    persons = [person(number) for number in range(1, 21)]
    formalities = [{"product": product, "persons": list(range(1, 21))} for product in ("brp_first_registration", "biometrics")]

    refused = refusal(gate, event(fast_track(persons=persons, formalities=formalities)))

    assert pointers(refused) == ["/data/formalities"]
    assert "19 at most" in refused.faults[0][1]
    assert admit(gate, event(fast_track(persons=persons, formalities=formalities[:1]))).commands


@pytest.mark.parametrize(("file", "old", "named"), [
    ("bounds.yaml", "name: arrives_on", "bounds.yaml: no row without end is named arrives_on"),
    ("bounds.yaml", "days_back: 3653", r"bounds.yaml: days.0.days_back: .*36525"),
    ("bounds.yaml", "least: 0", "bounds.yaml: numbers.0: .*most is below least"),
    ("groups.yaml", "document_collection, biometrics]", "groups.yaml: .* every product of the case type fast_track_non_eu"),
])  # fmt: skip
def test_a_pack_without_bounds_is_not_read(tmp_path, file, old, named):
    import shutil

    pack = shutil.copytree(REGION, tmp_path / "intake")
    text, new = (
        (pack / file).read_text(),
        {"name: arrives_on": "name: arrives", "days_back: 3653": "days_back: 99999", "least: 0": "least: 99999"},
    )
    (pack / file).write_text(text.replace(old, new.get(old, "document_collection]"), 1))

    with pytest.raises(RegionPackWrong, match=named):
        read_region(pack)


def test_bounds_hold_for_what_is_handed_in_on_their_day(region):
    assert region.terms(NOW.date()).bounds["issued_on"] == (date(2016, 11, 22), date(2026, 11, 23))
    assert region.terms(date(2028, 2, 29)).bounds["issued_on"][1] == date(2028, 2, 29)
