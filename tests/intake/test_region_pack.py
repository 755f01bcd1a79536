"""The region pack of intake: what South Limburg says, and how mistakes in it are told."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from intake.domain.opening import open_case
from intake.domain.screening import facts_of, screen
from intake.region_pack import RegionPackWrong, read_region

from .bench import NOW, REGION, person

DAY = NOW.date()


def decided(region, command, day=DAY):
    asked = open_case(command, "v", NOW).asked().model_copy(update={"organisation_id": command.organisation_id})
    return screen(asked, region, day)


@pytest.mark.parametrize(
    ("changes", "organisation", "rule", "outcome"),
    [
        ({}, "shared-service-centre", "fast-track-non-eu", "accepted"),
        ({}, None, "fast-track-needs-recognised-sponsor", "rejected"),
        ({}, "nobody", "fast-track-needs-recognised-sponsor", "rejected"),
        ({"purpose": "ict"}, "university", "fast-track-non-eu-municipal-list", "accepted"),
        ({"purpose": "study"}, "university", "fast-track-not-for-this-case", "rejected"),
        ({"caseType": "fast_track_eu"}, "university", "fast-track-not-for-this-case", "rejected"),
        ({"stayMonths": 4}, "university", "short-stay-to-heerlen", "referred"),
        ({"stayMonths": 5}, "university", "fast-track-non-eu", "accepted"),
        ({"purpose": "cross_border"}, "university", "cross-border-workers-to-heerlen", "referred"),
        ({"caseType": "rni_registration"}, None, "non-residents-to-heerlen", "referred"),
        ({"caseType": "biometrics"}, None, "immigration-products", "accepted"),
        ({"caseType": "brp_first_registration"}, None, "first-registration", "accepted"),
        ({"caseType": "student_group_intake", "purpose": "study"}, "university", "first-registration", "accepted"),
        ({"caseType": "settling_consultation"}, None, "consultation", "accepted"),
    ],
)
def test_the_eligibility_table_of_south_limburg(region, submit, changes, organisation, rule, outcome):
    screened = decided(region, submit("university", organisation, **changes))

    assert (screened.rule, screened.outcome) == (rule, outcome)


@pytest.mark.parametrize("product", ["biometrics", "document_collection", "return_visa", "residence_endorsement"])
def test_immigration_products_are_not_for_eu_citizens(region, submit, product):
    screened = decided(region, submit("immigration-portal", None, caseType=product, persons=[person(group="eu_eea_ch")]))

    assert screened.rule == "immigration-products-not-for-eu"


@pytest.mark.parametrize(
    ("day", "status"), [(date(2026, 6, 30), "recognised"), (date(2026, 7, 1), "not_in_register"), (date(2019, 12, 31), "not_in_register")]
)
def test_the_register_of_sponsors_is_asked_for_the_day(region, day, status):
    assert region.sponsor_status("lapsed-sponsor", day) == status


@pytest.mark.parametrize(
    ("day", "norm"),
    [(date(2021, 12, 31), ("bsn_within_3_days", 3, "registration")), (date(2022, 1, 1), ("bsn_within_5_days", 5, "application"))],
)
def test_the_norm_for_the_citizen_service_number_has_its_version(region, day, norm):
    found = region.norm("bsn", day)

    assert (found.norm, found.days, found.clock) == norm


def test_the_seventeen_municipalities_take_part(region):
    assert len(region.terms(DAY).lists["municipalities"]) == 17
    assert "GM0935" in region.terms(DAY).lists["municipalities"]


def test_before_the_service_began_nothing_is_listed(region):
    assert region.terms(date(2019, 12, 31)).lists["products"] == frozenset()


def test_a_person_without_any_of_the_wanted_documents_is_named(region, submit):
    persons = [person(), person(2, documents=("passport",)), person(3, "nl", documents=("id_card",))]
    formalities = [{"product": "brp_first_registration", "persons": [1, 2, 3]}]

    screened = decided(region, submit(persons=persons, formalities=formalities))

    assert [(missing.person, missing.any_of[0]) for missing in screened.missing] == [(2, "ind_approval")]


def test_facts_about_a_household_from_in_and_outside_the_eu(region, submit):
    case = open_case(submit(persons=[person(group="nl"), person(2)]), "v", NOW)
    facts = facts_of(case.asked(), region, DAY)

    assert (facts["nationality"], facts["household"], facts["stay"]) == ("nl", "with_others", "unknown")


def test_every_reason_is_said_in_four_languages(region):
    assert all(set(words) == {"nl", "en", "de", "fr"} for words in region.eligibility.reasons.values())


def change_rows(name, **values):
    def change(content):
        content[name][0].update(values)

    return change


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("municipalities.yaml", change_rows("municipalities", code="Beek"), "municipalities.yaml: row 1, code"),
        ("municipalities.yaml", lambda content: content.update(more=[]), "municipalities.yaml: expected one list"),
        ("sponsors.yaml", change_rows("sponsors", valid_to="2019-01-01"), "valid_to is before valid_from"),
        ("codes.yaml", lambda content: content.update(timezone="Europe/Mosae"), "timezone Europe/Mosae is not known"),
        ("products.yaml", change_rows("case_types", products=["tea"]), "unknown products tea"),
        ("products.yaml", change_rows("case_types", purpose="tea"), "unknown purpose tea"),
        ("products.yaml", lambda content: content["products"][0]["documents"][0].update(any_of=["tea"]), "unknown documents tea"),
        ("partners.yaml", change_rows("partners", case_types=["tea"]), "unknown case types tea"),
        ("partners.yaml", change_rows("partners", event_types=["tea"]), "unknown event types tea"),
        ("partners.yaml", change_rows("partners", event_types=["nl.arbeidsmarktdiensten.question-asked.v1"]), "needs the municipality"),
        ("partners.yaml", change_rows("partners", id="university"), "same id"),
        ("eligibility.yaml", lambda content: content["rows"][0].update(when={"weather": ["rain"]}), "asks about weather"),
        ("eligibility.yaml", lambda content: content["rows"][0].update(when={"case_type": ["tea"]}), "unknown case types tea"),
        ("eligibility.yaml", lambda content: content["rows"][0].update(when={"purpose": ["tea"]}), "unknown purposes tea"),
        ("eligibility.yaml", lambda content: content["reasons"].pop("documents_missing"), "words are missing"),
        ("archive.yaml", lambda content: content["archive"].pop(), "result answered"),
        ("norms.yaml", lambda content: content["norms"].pop(), "kind information"),
    ],
)
def test_a_mistake_is_told_with_the_name_of_the_file(tmp_path: Path, file, change, said):
    folder = Path(copytree(REGION, tmp_path / "intake"))
    content = yaml.safe_load((folder / file).read_text())
    change(content)
    (folder / file).write_text(yaml.safe_dump(content))

    with pytest.raises(RegionPackWrong, match=said):
        read_region(folder)


@pytest.mark.parametrize(("text", "said"), [(None, "cannot be read"), ("a: [", "is not YAML"), ("- 1", "expected names with values")])
def test_a_file_that_is_missing_or_no_yaml_is_told(tmp_path: Path, text, said):
    folder = Path(copytree(REGION, tmp_path / "intake"))
    (folder / "norms.yaml").unlink()
    if text is not None:
        (folder / "norms.yaml").write_text(text)

    with pytest.raises(RegionPackWrong, match=said):
        read_region(folder)
