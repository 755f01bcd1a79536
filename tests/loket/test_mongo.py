"""The MongoDB-protocol server keeps the promises that our store relies on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from loket.embedded.mongo import EmbeddedMongo

pytestmark = pytest.mark.mongo


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "memory":
        yield request.getfixturevalue("mongo_url")
    else:
        with EmbeddedMongo(tmp_path) as mongo:
            yield mongo.url


@pytest.fixture
async def database(url: str) -> Any:
    client: Any = AsyncIOMotorClient(url, w="majority", journal=True)
    yield client[f"test-{uuid4().hex}"]
    client.close()


async def test_a_thousand_racing_compare_and_sets_make_a_thousand(database: Any) -> None:
    await database.counters.insert_one({"_id": 1, "version": 0})

    async def count_to_two_hundred() -> None:
        won = 0
        while won < 200:
            seen = await database.counters.find_one({"_id": 1})
            answer = await database.counters.update_one({"_id": 1, "version": seen["version"]}, {"$set": {"version": seen["version"] + 1}})
            won += answer.modified_count

    await asyncio.gather(*(count_to_two_hundred() for _ in range(5)))

    assert await database.counters.find_one({"_id": 1}) == {"_id": 1, "version": 1000}


async def test_of_two_hundred_racing_inserts_one_wins(database: Any) -> None:
    async def insert(who: int) -> bool:
        try:
            await database.claims.insert_one({"_id": "slot", "who": who})
        except DuplicateKeyError:
            return False
        return True

    won = await asyncio.gather(*(insert(who) for who in range(200)))

    assert won.count(True) == 1
    assert (await database.claims.find_one())["who"] == won.index(True)


@pytest.mark.parametrize(
    ("url", "ordered", "stored"),
    # Our store asks for unordered bulks only; that ordered ones are counted well is a matter of the server that loket runs itself.
    [("file", True, [1, 2]), ("file", False, [1, 2, 3]), ("memory", False, [1, 2, 3])],
    indirect=["url"],
)
async def test_an_insert_of_several_tells_how_many_were_stored(database: Any, ordered: bool, stored: list[int]) -> None:
    with pytest.raises(BulkWriteError) as refusal:
        await database.cases.bulk_write([InsertOne({"_id": number}) for number in (1, 2, 1, 3)], ordered=ordered)

    assert refusal.value.details["nInserted"] == len(stored)
    assert [(error["index"], error["code"]) for error in refusal.value.details["writeErrors"]] == [(2, 11000)]
    assert [case["_id"] async for case in database.cases.find().sort("_id")] == stored


@pytest.mark.parametrize(("ordered", "matched"), [(True, 1), (False, 2)])
async def test_a_bulk_of_updates_stops_at_its_first_error_only_when_ordered(database: Any, ordered: bool, matched: int) -> None:
    await database.cases.insert_many([{"_id": number, "place": number} for number in range(4)], ordered=False)
    await database.cases.create_index("place", unique=True)
    updates = [
        UpdateOne({"_id": 0}, {"$set": {"seen": True}}),
        UpdateOne({"_id": 9}, {"$set": {"place": 9}}, upsert=True),
        UpdateOne({"_id": 1}, {"$set": {"place": 2}}),
        UpdateOne({"_id": 3}, {"$set": {"seen": True}}),
    ]

    with pytest.raises(BulkWriteError) as refusal:
        await database.cases.bulk_write(updates, ordered=ordered)

    details = refusal.value.details
    assert (details["nMatched"], details["nModified"], details["nUpserted"]) == (matched, matched, 1)
    assert details["upserted"] == [{"index": 1, "_id": 9}]
    assert [(error["index"], error["code"]) for error in details["writeErrors"]] == [(2, 11000)]


async def test_a_bulk_of_compare_and_sets_counts_those_that_won(database: Any) -> None:
    await database.cases.insert_many([{"_id": number, "version": number % 10} for number in range(500)], ordered=False)
    await database.cases.create_index([("_id", 1), ("version", 1)], unique=True)
    updates = [
        UpdateOne({"_id": number, "version": 0 if number % 10 == 9 else number % 10}, {"$inc": {"version": 1}}) for number in range(500)
    ]

    answer = await database.cases.bulk_write(updates, ordered=False)

    assert (answer.matched_count, answer.modified_count) == (450, 450)


async def test_acknowledged_writes_survive_a_kill(tmp_path: Path) -> None:
    mongo = EmbeddedMongo(tmp_path)
    client: Any = AsyncIOMotorClient(mongo.start(), w="majority", journal=True)
    for number in range(300):
        await client.test.cases.insert_one({"_id": number})
    mongo.kill()
    client.close()

    with EmbeddedMongo(tmp_path) as again:
        client = AsyncIOMotorClient(again.url)
        assert await client.test.cases.count_documents({}) == 300
        client.close()
