"""The map of intake holds."""

from pathlib import Path

from common.events.base import Event
from intake import app
from intake.settings import Settings

PLACES = ("maastricht", "heerlen", "limburg", "aachen", "kerkrade", "university", "GM0", "Europe/")


def test_what_is_published_is_exactly_what_may_follow():
    follows = {kind for on in (*app.SUBSCRIBES, *app.STEPS, *app.COMMANDS) for kind in on.leads_to if issubclass(kind, Event)}

    assert set(app.PUBLISHES) == follows
    assert {event.publisher for event in app.PUBLISHES} == {"intake"}


def test_nothing_heard_leads_to_a_step_and_so_to_nothing_that_others_plan_by():
    told = {kind.__name__ for on in app.SUBSCRIBES for kind in on.leads_to}

    assert told == {"CaseStatusChanged", "CaseClosed"}


def test_no_place_and_no_partner_is_named_in_the_code():
    code = "".join(file.read_text() for file in (Path(app.__file__).parent / "domain").glob("*.py") if file.name != "submission.py")

    assert not [place for place in PLACES if place.lower() in code.lower()]


def test_every_setting_is_described():
    assert all(field.description for field in Settings.model_fields.values())
