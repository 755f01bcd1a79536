"""Reporting keeps every event as a fact and makes figures of them that can be traced back to the events they came from."""

from datetime import timedelta
from math import isnan
from typing import NamedTuple

from fastapi import APIRouter

from common import envelope
from common.blueprint import Blueprint, Context
from common.clock import Clock
from common.events.catalogue import EVENTS
from common.events.indicator import IndicatorUpdated
from common.lanes import Lane, State
from common.store.port import Collection, Store
from common.subscribing import on
from reporting import api, handlers
from reporting.api import Backlog
from reporting.definitions import Catalogue
from reporting.domain import Fact, Indicator, LookAtFacts, RefreshIndicator, Watch, WatchFigures
from reporting.figures import Figures
from reporting.ports import Ports
from reporting.region import Region
from reporting.settings import Settings
from reporting.store import Facts
from reporting.warehouse import Warehouse

RECORDED = tuple(event for event in EVENTS.values() if not event.personal and event.publisher != "reporting")
"""Everything but personal data, and but what reporting says itself: that would never end."""

SUBSCRIBES = tuple(on(event, handlers.record_fact) for event in RECORDED)
STEPS = (
    on(LookAtFacts, handlers.look_at_facts, RefreshIndicator, LookAtFacts),
    on(RefreshIndicator, handlers.refresh_indicator, IndicatorUpdated),
)
COMMANDS = (on(WatchFigures, handlers.watch_figures, LookAtFacts),)
PUBLISHES = (IndicatorUpdated,)
AGGREGATES = (Fact, Watch, Indicator)


class Reading(NamedTuple):
    """What the routes read from, beside the ports of the handlers."""

    facts: Facts
    warehouse: Warehouse
    figures: Figures


def build(settings: Settings) -> Blueprint[Ports]:
    """Reporting, ready to start."""
    region, catalogue = Region.read(settings.region_path / "reporting"), Catalogue.read()
    return Blueprint(
        name="reporting",
        title="Keeps every event as a fact, and makes figures that can be traced back to the events they came from.",
        settings=settings,
        aggregates=AGGREGATES,
        subscribes=SUBSCRIBES,
        publishes=PUBLISHES,
        steps=STEPS,
        commands=COMMANDS,
        ports=lambda context: _ports(context, settings, region, catalogue),
        routes=_routes,
        starts=_start,
        stops=_stop,
        hurries=False,
    )


def wire(store: Store, clock: Clock, settings: Settings, region: Region, catalogue: Catalogue) -> tuple[Ports, Reading]:
    """Everything that works on a store of facts."""
    facts = Facts(store)
    warehouse = Warehouse(facts, region, catalogue.topics, settings.duckdb_memory_mb)
    figures = Figures(warehouse, catalogue, region, clock)
    ports = Ports(
        facts=facts,
        watches=Collection(store, Watch),
        indicators=Collection(store, Indicator),
        figures=figures,
        clock=clock,
        envelope=envelope.current,
        pace=timedelta(seconds=settings.refresh_seconds),
    )
    return ports, Reading(facts, warehouse, figures)


def _ports(context: Context, settings: Settings, region: Region, catalogue: Catalogue) -> Ports:
    ports, context.extras["reading"] = wire(context.store, context.clock, settings, region, catalogue)
    return ports


def _routes(context: Context, _ports: Ports) -> APIRouter:
    reading: Reading = context.extras["reading"]
    return api.routes(reading.facts, reading.figures, lambda: _backlog(context))


async def _backlog(context: Context) -> Backlog:
    """What the chassis last saw of the lag (None where that is not known, as when Kafka does not answer), and what is set aside."""
    samples = [sample.value for metric in context.metrics.lag.collect() for sample in metric.samples]
    behind = round(sum(samples)) if samples and not any(map(isnan, samples)) else None
    return Backlog(behind, await context.store.count(Lane, {"state": State.PARKED}))


async def _start(context: Context) -> None:
    await context.ask(WatchFigures())


async def _stop(context: Context) -> None:
    reading: Reading = context.extras["reading"]
    await reading.warehouse.close()
