"""Finding and counting by what an index names."""

from collections.abc import Callable
from typing import Any

import pytest
from chassis import NOW, Thing, later, new
from worlds.stored import saved

from common.store.port import Range, Store


@pytest.fixture
async def coloured(store: Store) -> list[Thing]:
    rows: list[tuple[str | None, int | None]] = [("red", 1), ("red", 3), ("blue", 2), ("red", 2), (None, None)]
    things = [Thing(id=new(), colour=colour, size=size) for colour, size in rows]
    things[0].moment, things[1].moment = NOW, later(microseconds=1)
    things[0].owner = new()
    for thing in things:
        await saved(store, thing)
    return things


WHERE: list[tuple[Callable[[list[Thing]], Any], set[int]]] = [
    (lambda _: {}, {0, 1, 2, 3, 4}),
    (lambda _: {"colour": "red"}, {0, 1, 3}),
    (lambda _: {"colour": None}, {4}),
    (lambda _: {"colour": "red", "size": 2}, {3}),
    (lambda _: {"size": Range(2)}, {1, 2, 3}),
    (lambda _: {"size": Range(None, 2)}, {0}),
    (lambda _: {"size": Range(1, 3), "colour": "red"}, {0, 3}),
    (lambda _: {"size": Range()}, {0, 1, 2, 3, 4}),
    (lambda _: {"moment": NOW}, {0}),
    (lambda _: {"moment": Range(NOW, later(seconds=1))}, {0, 1}),
    (lambda _: {"moment": Range(later(microseconds=1))}, {1}),
    (lambda things: {"owner": things[0].owner}, {0}),
]


@pytest.mark.parametrize("number", range(len(WHERE)))
async def test_finding_and_counting_by_equality_and_range(store: Store, coloured: list[Thing], number: int) -> None:
    where, expected = WHERE[number]

    found = await store.find(Thing, where(coloured))

    assert {one.id for one in found} == {coloured[index].id for index in expected}
    assert await store.count(Thing, where(coloured)) == len(expected)
    assert await store.versions(Thing, where(coloured)) == {coloured[n].id: 1 for n in expected}


async def test_finding_in_order_and_by_page(store: Store, coloured: list[Thing]) -> None:
    async def sizes(**how: Any) -> list[int | None]:
        return [one.size for one in await store.find(Thing, {"size": Range()}, order="size", **how)]

    assert await sizes() == [None, 1, 2, 2, 3]
    assert await sizes(newest_first=True) == [3, 2, 2, 1, None]
    assert await sizes(limit=2, skip=1) == [1, 2]
    assert await sizes(skip=9) == []
    pages = [(await store.find(Thing, {}, order="size", limit=1, skip=skip))[0].id for skip in range(5)]
    assert len(set(pages)) == 5


@pytest.mark.parametrize(("where", "order"), [({"n": 1}, None), ({}, "n"), ({"id; drop table things": 1}, None)])
async def test_what_no_index_names_cannot_be_asked_for(store: Store, where: dict[str, int], order: str | None) -> None:
    with pytest.raises(LookupError):
        await store.find(Thing, where, order=order)
    if where:
        with pytest.raises(LookupError):
            await store.count(Thing, where)


async def test_an_index_follows_its_field(store: Store) -> None:
    thing = await saved(store, Thing(id=new(), colour="red"))

    await saved(store, thing.model_copy(update={"colour": "blue"}))

    assert await store.find(Thing, {"colour": "red"}) == []
    assert len(await store.find(Thing, {"colour": "blue"})) == 1
