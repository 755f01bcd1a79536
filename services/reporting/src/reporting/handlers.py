"""What reporting does about what it hears; each handler returns the one thing it changed."""

from common.events.base import Event
from reporting.domain import WATCH, Fact, Indicator, LookAtFacts, RefreshIndicator, Watch, WatchFigures, indicator_id
from reporting.ports import Ports


async def record_fact(event: Event, ports: Ports) -> Fact | None:
    """Keep every event as a fact."""
    envelope = ports.envelope()
    if await ports.facts.offered_before(envelope.id):
        return None
    return Fact.of(event, envelope, ports.clock.now())


async def watch_figures(_command: WatchFigures, ports: Ports) -> Watch | None:
    """Begin to look at the facts, unless that goes on already."""
    watch = await ports.watches.get(WATCH) or Watch(id=WATCH)
    if watch.waiting:
        return None
    return watch.at(ports.clock.now() + ports.pace, LookAtFacts())


async def look_at_facts(_step: LookAtFacts, ports: Ports) -> Watch | None:
    """Have the figures refreshed if facts have come."""
    watch = await ports.watches.get(WATCH)
    if watch is None:
        return None
    return watch.look(await ports.facts.count(), ports.figures.today(), ports.figures.keys, ports.clock.now() + ports.pace)


async def refresh_indicator(step: RefreshIndicator, ports: Ports) -> Indicator | None:
    """Tell an indicator's figure when it has changed."""
    running = await ports.figures.running(step.key)
    indicator = await ports.indicators.get(indicator_id(step.key)) or Indicator(id=indicator_id(step.key), key=step.key)
    return indicator.refresh(running, ports.clock.now())
