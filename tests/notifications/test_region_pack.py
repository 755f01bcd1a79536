"""The region pack is refused, with file and row, when it is not in order."""

import shutil
from datetime import date

import pytest

from notifications.domain import Template
from notifications.domain.policy import ExpiryRule, in_force
from notifications.wording import Region, RegionFault
from notifications.wording.checking import markup_fault
from notifications.wording.words import LANGUAGES


@pytest.fixture
def pack(tmp_path, scene):
    return shutil.copytree(scene.pack, tmp_path / "pack")


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_pack_of_south_limburg_is_in_order(scene):
    region = Region(scene.pack)

    assert len(region.wordings.files) == len(Template) * len(LANGUAGES)


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("templates/case_closed/fr.yaml", "result == 'completed'", "outcome == 'completed'", r"case_closed/.*does not use outcome"),
        ("templates/visit_confirmed/de.yaml", "appointment.people }}", "appointment.products }}", None),
        ("templates/visit_confirmed/de.yaml", "Wo: {{ place }}, ", "Wo: ", None),
        (
            "templates/case_closed/nl.yaml",
            "<p>Uw aanvraag is klaar",
            "<p><b>Uw aanvraag is klaar",
            r"case_closed/nl\.yaml: </p> closes what is not open",
        ),
        ("templates/case_closed/nl.yaml", "{% endif %}", "{% endfor %}", r"case_closed/nl, line \d+"),
        ("templates/case_closed/nl.yaml", 'version: "1"', 'version: "1"\ncolour: red', r"case_closed/nl\.yaml: colour"),
        ("layout/nl.yaml", "</footer>", "", r"layout/nl\.yaml"),
        ("policy.yaml", "hour: 10", "hour: 25", r"policy\.yaml: reminders\.0\.hour"),
        ("policy.yaml", "template: case_closed", "template: case_shut", r"policy\.yaml.*no rule for case_closed"),
        ("products.yaml", "bring: [passport]", "bring: [pasport]", r"products\.yaml.*return_visa.*pasport"),
        ("products.yaml", "organisation: other", "organisation: nobody", r"products\.yaml.*nobody"),
        ("products.yaml", "code: other", "code: others", r"products\.yaml: there is no row 'other'"),
        ("places.yaml", "fr: Maastricht International Centre}", "fr: ''}", r"places\.yaml: senders\.0\.name.*no words in fr"),
        ("documents.yaml", "documents:", "documents: [", r"documents\.yaml is no YAML"),
        ("languages.yaml", "fr: fr_FR", "fr: ''", r"languages\.yaml: locales"),
    ],
)
def test_a_fault_is_named_with_its_file(pack, file, old, new, fault):
    change(pack / file, old, new)

    if fault is None:
        Region(pack)  # said elsewhere in the same template still
        return
    with pytest.raises(RegionFault, match=fault):
        Region(pack)


def test_a_missing_language_is_named(pack):
    (pack / "templates" / "visit_reminder" / "de.yaml").unlink()

    with pytest.raises(RegionFault, match=r"there is no visit_reminder/de\.yaml"):
        Region(pack)


def test_a_missing_file_is_named(pack):
    (pack / "policy.yaml").unlink()

    with pytest.raises(RegionFault, match=r"policy\.yaml cannot be read"):
        Region(pack)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p>a<br>b</p>", None),
        ("<p>", "<p> is not closed"),
        ("</p>", "</p> closes what is not open"),
        ("<b><i></b></i>", "</b> closes what is not open"),
    ],
)
def test_tags_have_to_close(html, fault):
    assert markup_fault(html) == fault


def test_the_row_that_holds_is_the_newest_of_the_past():
    rows = [ExpiryRule(template="case_closed", valid_from=date(year, 1, 1), hours=year - 2000) for year in (2026, 2020, 2030)]

    assert [in_force(rows, date(year, 6, 1)).hours for year in (2019, 2021, 2026, 2029, 2031)] == [20, 20, 26, 26, 30]
