"""The map that `app.py` of the four services draws: no event goes in circles, each has one publisher, and somebody listens."""

from pathlib import Path
from typing import Any

import pytest

import intake.app
import intake.settings
import notifications.app
import notifications.settings
import reporting.app
import reporting.settings
import scheduling.app
import scheduling.settings
from common.blueprint import Blueprint
from common.events.base import Event, Step, Tombstone
from common.events.catalogue import EVENTS
from common.flow import cycles, flow, second_publishers, undeclared, unheard
from common.testing.issuer import issuer_settings

REGION = Path(__file__).parents[2] / "regions" / "south-limburg"


@pytest.fixture(scope="module")
def blueprints() -> list[Blueprint[Any]]:
    common = {**issuer_settings(), "region_path": REGION, "environment": "test"}
    modules = (intake, scheduling, notifications, reporting)
    return [module.app.build(module.settings.Settings(**common)) for module in modules]  # type: ignore[attr-defined]


def test_no_event_can_cause_itself_through_any_chain_of_handlers_and_steps(blueprints: list[Blueprint[Any]]) -> None:
    assert cycles(flow(blueprints)) == []


def test_every_event_has_one_publisher_and_it_is_the_one_its_contract_names(blueprints: list[Blueprint[Any]]) -> None:
    assert second_publishers(blueprints) == {}


def test_what_a_service_says_it_publishes_is_what_its_handlers_may_tell(blueprints: list[Blueprint[Any]]) -> None:
    assert undeclared(blueprints) == {}


def test_every_event_is_heard_but_those_told_to_the_world_outside(blueprints: list[Blueprint[Any]]) -> None:
    assert [event.topic for event in unheard(blueprints) if not event.outward] == []


def test_every_event_of_the_catalogue_is_told_by_somebody(blueprints: list[Blueprint[Any]]) -> None:
    told = {event for blueprint in blueprints for event in blueprint.publishes}
    by_the_chassis = {event for event in EVENTS.values() if event.topic.endswith(".parked")}

    assert set(EVENTS.values()) == told | by_the_chassis


def test_every_step_that_may_follow_is_carried_out_by_the_service_that_leaves_it(blueprints: list[Blueprint[Any]]) -> None:
    for blueprint in blueprints:
        handled = (*blueprint.subscribes, *blueprint.steps, *blueprint.commands)
        left = {kind for on in handled for kind in on.leads_to if issubclass(kind, Step)}
        carried_out = {on.message for on in blueprint.steps} | {once.message for once in blueprint.acts}

        assert left <= carried_out


def test_who_hears_a_compacted_topic_hears_its_tombstones_as_early(blueprints: list[Blueprint[Any]]) -> None:
    for blueprint in blueprints:
        first = {on.message: on.first for on in blueprint.subscribes}
        compacted = {event for event in first if issubclass(event, Event) and event.tombstone is not None}

        assert {event.tombstone: first[event] for event in compacted} == {
            kind: first[kind] for kind in first if issubclass(kind, Tombstone)
        }


def test_only_notifications_hears_what_holds_personal_data(blueprints: list[Blueprint[Any]]) -> None:
    heard = [(blueprint.name, on.message) for blueprint in blueprints for on in blueprint.subscribes]
    listeners = {name for name, message in heard if issubclass(message, Event) and message.personal}

    assert listeners == {"notifications"}
