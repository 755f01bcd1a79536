"""The map in app.py is true: what it names is what happens."""

from common.events.base import Event
from notifications.app import ACTS, COMMANDS, PUBLISHES, STEPS, SUBSCRIBES


def test_it_publishes_exactly_what_may_follow():
    followed = {kind for on in (*SUBSCRIBES, *STEPS, *COMMANDS) for kind in on.leads_to}

    assert {kind for kind in followed if issubclass(kind, Event)} == set(PUBLISHES)


def test_every_step_that_may_follow_has_a_handler_or_an_act():
    followed = {kind for on in (*SUBSCRIBES, *STEPS, *COMMANDS) for kind in on.leads_to if not issubclass(kind, Event)}

    assert followed | {act.outcome for act in ACTS} == {on.message for on in STEPS} | {act.message for act in ACTS}


def test_contacts_are_settled_before_what_needs_them():
    assert {on.message.topic for on in SUBSCRIBES if on.first} == {"party.contact-changed"}


def test_it_hears_nothing_that_it_tells():
    assert not {on.message for on in SUBSCRIBES} & set(PUBLISHES)
