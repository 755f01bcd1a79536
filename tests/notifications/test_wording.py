"""What people read: every template in every language, with names as hostile as they come."""

from datetime import date, datetime
from html.parser import HTMLParser

import pytest

from notifications.domain import Contact, Template
from notifications.ports import NoWords
from notifications.wording.names import isolated, one_line
from notifications.wording.samples import samples
from notifications.wording.words import LANGUAGES

ARABIC = "\u0645\u062b\u0627\u0644"
HOSTILE = [
    "<script>alert(1)</script>",
    'A"><img src=x onerror=alert(1)>',
    "Eve\r\nBcc: all@example.org",
    "\u202eevil\u202c",
    "{{ 7 * 7 }}",
    "مثال",
]
EVERY = [(template, language) for template in Template for language in LANGUAGES]


class Seen(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


def contact(language, name="A. Example"):
    return Contact(id="00000000-0000-0000-0000-000000000001", name=name, email="a.example@example.org", language=language, revision=1)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_every_template_speaks_its_language_in_all_its_ways(scene, template, language):
    for message in samples(scene.region, template, language):
        letter = scene.wording.write(message, contact(language))

        assert letter.locale == language
        assert letter.template_version == "1.1"
        assert "\n" not in letter.subject
        assert "{" not in letter.subject + letter.text + letter.html
        assert ("html", {"lang": language}) in Seen(letter.html).tags
        assert "A. Example" in letter.text


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_text_and_page_say_the_same(scene, template, language):
    for message in samples(scene.region, template, language):
        letter = scene.wording.write(message, contact(language))

        page = Seen(letter.html.partition("<main>")[2]).words
        words = letter.text.replace("- ", "").split()
        assert [word for word in page.replace("- ", "").split() if word != "-"] == words


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_names_in_every_template(scene, language, name):
    for message in (next(samples(scene.region, template, language)) for template in Template):
        letter = scene.wording.write(message, contact(language, name))

        tags = [tag for tag, _ in Seen(letter.html).tags]
        assert "script" not in tags
        assert "img" not in tags
        assert "\r" not in letter.to_name + letter.subject + letter.text
        assert "\u202e" not in letter.text + letter.html
        assert one_line(name) in letter.text
        assert one_line(name) in Seen(letter.html).words
        assert all(b"\nBcc" not in invitation.content for invitation in letter.invitations)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a\r\nb", "a b"),
        ("  a  b ", "a b"),
        ("a\u2028b\x00c", "a b c"),
        ("\u202ea\u2066b", "ab"),
        ("\ud800x", "x"),
        ("x" * 300, "x" * 200),
        ("Ana\u200dSofia", "Ana\u200dSofia"),
    ],
)
def test_a_name_stays_on_one_line(name, line):
    assert one_line(name) == line


def test_a_name_from_right_to_left_does_not_turn_its_neighbours():
    assert isolated(ARABIC) == f"\u2068{ARABIC}\u2069"
    assert isolated("Example") == "Example"


def test_a_page_isolates_names(scene):
    message = next(samples(scene.region, Template.CASE_CLOSED, "en"))

    assert "bdi" in [tag for tag, _ in Seen(scene.wording.write(message, contact("en", ARABIC)).html).tags]


@pytest.mark.parametrize(
    ("language", "day", "zone"),
    [
        ("nl", "dinsdag 24 november 2026", "Midden-Europese standaardtijd"),
        ("en", "Tuesday, 24 November 2026", "Central European Standard Time"),
        ("de", "Dienstag, 24. November 2026", "Mitteleuropäische Normalzeit"),
        ("fr", "mardi 24 novembre 2026", "heure normale d\u2019Europe centrale"),
    ],
)
def test_days_and_zones_are_written_as_readers_write_them(scene, language, day, zone):
    letter = scene.wording.write(next(samples(scene.region, Template.VISIT_CONFIRMED, language)), contact(language))

    assert day in letter.subject
    assert zone in letter.text
    assert "09:00\u201309:20" in letter.text


async def test_a_summer_visit_is_written_in_summer_time(reachable):
    day = date(2027, 7, 1)

    await reachable.hear(reachable.contact(revision=2, language="en"), reachable.confirmed(day=day, items=reachable.items(day)))

    assert "10:00\u201310:20" in reachable.mailer.letters[0].text
    assert "Central European Summer Time" in reachable.mailer.letters[0].text


async def test_what_to_bring_is_listed_once(reachable):
    items = reachable.items(products=("document_collection", "return_visa", "biometrics"))

    await reachable.hear(reachable.confirmed(items=items))

    assert reachable.mailer.letters[0].text.count("een geldig paspoort") == 1


def test_a_language_without_its_template_falls_back_and_says_so(region, scene, monkeypatch):
    files = {where: file for where, file in region.wordings.files.items() if where != (Template.CASE_CLOSED, "fr")}
    monkeypatch.setattr(region.wordings, "files", files)

    letter = scene.wording.write(next(samples(region, Template.CASE_CLOSED, "en")), contact("fr"))

    assert letter.locale == "en"
    assert "closed" in letter.subject


async def test_a_fallback_is_recorded(region, reachable, monkeypatch):
    files = {where: file for where, file in region.wordings.files.items() if where != (Template.CASE_CLOSED, "nl")}
    monkeypatch.setattr(region.wordings, "files", files)

    await reachable.hear(reachable.closed())

    (sent,) = reachable.told("sent")
    assert (sent.locale, sent.preferred_locale, sent.locale_fallback) == ("en", "nl", True)
    assert reachable.told("requested")[0].locale == "en"


def test_a_template_that_asks_for_more_than_there_is_has_no_words(region):
    with pytest.raises(NoWords):
        region.wordings.render(Template.CASE_CLOSED, "nl", {"result": "completed"})


def test_samples_are_of_a_time_that_has_a_zone(region):
    for template in Template:
        assert all(
            isinstance(message.requested_at, datetime) and message.requested_at.tzinfo for message in samples(region, template, "nl")
        )
