"""Every event there is, by topic."""

from common.events import appointment, case, contact, indicator, lane, notification, party, visit
from common.events.base import Event

EVENTS: dict[str, type[Event]] = {
    event.topic: event
    for module in (case, contact, party, visit, appointment, notification, indicator, lane)
    for event in vars(module).values()
    if isinstance(event, type) and issubclass(event, Event) and hasattr(event, "topic")
}
