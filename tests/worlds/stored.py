"""Aggregates and entries as the tests of the stores save and look them up."""

from datetime import datetime
from uuid import UUID

from chassis import NOW, Thing, later, new

from common.aggregate import How
from common.store.port import Entry, Store


def entry(position: int, time: datetime = NOW, how: How = How.TELL) -> Entry:
    return Entry(position, how, new(), "case.referred", "key", position, position, time, b'{"a":"\xc3\xa9"}', "00-a", new(), None)


async def saved(store: Store, thing: Thing, *entries: Entry) -> Thing:
    thing.version += 1
    assert await store.save(thing, entries)
    return thing


async def untold(store: Store, before: datetime = later(days=1), limit: int = 100) -> list[tuple[UUID, list[int]]]:
    return [(one.id, [entry.position for entry in one.entries]) for one in await store.untold(before, limit)]
