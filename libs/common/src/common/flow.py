"""Which event leads through which handler to which: the graph of the platform, read from the code, and what is wrong with it."""

from collections.abc import Iterable
from typing import Any

from common.blueprint import Blueprint
from common.events.base import Event, Message

Kind = type[Message]
Graph = dict[Kind, frozenset[Kind]]


def flow(blueprints: Iterable[Blueprint[Any]]) -> Graph:
    """What may follow from each message, by any handler of any service; a step that is done once leads to its outcome."""
    edges: dict[Kind, set[Kind]] = {}
    for blueprint in blueprints:
        for on in (*blueprint.subscribes, *blueprint.steps, *blueprint.commands):
            edges.setdefault(on.message, set()).update(on.leads_to)
        for once in blueprint.acts:
            edges.setdefault(once.message, set()).add(once.outcome)
    return {kind: frozenset(leads_to) for kind, leads_to in edges.items()}


def cycles(graph: Graph) -> list[tuple[type[Event], ...]]:
    """Each event that can cause itself, with the events on the shortest way back to it; steps among themselves may repeat."""
    found = (_way_back(graph, event) for event in graph if issubclass(event, Event))
    return [way for way in found if way]


def second_publishers(blueprints: Iterable[Blueprint[Any]]) -> dict[type[Event], list[str]]:
    """Events that more than one service tells, or one that its contract does not name."""
    tellers: dict[type[Event], set[str]] = {}
    for blueprint in blueprints:
        for event in {*blueprint.publishes, *_told_by(blueprint)}:
            tellers.setdefault(event, {event.publisher}).add(blueprint.name)
    return {event: sorted(names) for event, names in tellers.items() if len(names) > 1}


def unheard(blueprints: Iterable[Blueprint[Any]]) -> list[type[Event]]:
    """Events that a service tells and none listens to."""
    blueprints = tuple(blueprints)
    heard = {on.message for blueprint in blueprints for on in blueprint.subscribes}
    told = {event for blueprint in blueprints for event in (*blueprint.publishes, *_told_by(blueprint))}
    return sorted(told - heard, key=lambda event: event.topic)


def undeclared(blueprints: Iterable[Blueprint[Any]]) -> dict[str, list[type[Event]]]:
    """Per service, the events that its handlers may tell and its `PUBLISHES` leaves out, or the other way round."""
    differing = {one.name: set(one.publishes) ^ _told_by(one) for one in blueprints}
    return {name: sorted(events, key=lambda event: event.topic) for name, events in differing.items() if events}


def _told_by(blueprint: Blueprint[Any]) -> set[type[Event]]:
    ons = (*blueprint.subscribes, *blueprint.steps, *blueprint.commands)
    return {kind for on in ons for kind in on.leads_to if issubclass(kind, Event)}


def _way_back(graph: Graph, start: type[Event]) -> tuple[type[Event], ...]:
    ways: list[tuple[Kind, ...]] = [(start,)]
    seen: set[Kind] = set()
    for way in ways:  # grows while it is walked: breadth first
        for kind in sorted(graph.get(way[-1], ()), key=lambda one: one.__name__):
            if kind is start:
                return tuple(one for one in (*way, start) if issubclass(one, Event))
            if kind not in seen:
                seen.add(kind)
                ways.append((*way, kind))
    return ()
