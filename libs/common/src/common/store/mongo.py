"""Aggregates in MongoDB: one document each, its outbox inside; the only module that knows the driver."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any, TypeVar
from uuid import UUID

import orjson
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DeleteOne, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from common.aggregate import Aggregate
from common.errors import Unavailable
from common.store.coalescing import Asked, Clearing, CoalescingStore, Key, Saving, by_collection
from common.store.documents import change, clear, creation, declared, filter_of, in_order, pull
from common.store.port import Entry, Range, Untold, Value, plain

A = TypeVar("A", bound=Aggregate)
DUPLICATE = 11000
MANY = 500  # operations in one bulk
TIMEOUT_MS = 5000  # milliseconds for one operation, the choice of a server included


class MongoStore(CoalescingStore):
    """Majority writes, journalled; the portable subset only: no transactions, no change streams, no partial indexes."""

    def __init__(self, url: str, database: str, kinds: Iterable[type[Aggregate]]) -> None:
        super().__init__()
        self._url, self._name, self._kinds = url, database, {kind.collection: kind for kind in kinds}
        self._client: Any = None
        self._database: Any = None

    async def start(self) -> None:
        """Connect and create the indexes that are missing."""
        self._client = AsyncIOMotorClient(
            self._url, maxPoolSize=20, timeoutMS=TIMEOUT_MS, serverSelectionTimeoutMS=TIMEOUT_MS, retryWrites=False
        )
        self._database = self._client.get_database(
            self._name, read_concern=ReadConcern("majority"), write_concern=WriteConcern("majority", j=True)
        )
        try:
            for name, kind in self._kinds.items():
                indexes = [
                    [("_id", 1), ("version", 1)],
                    [("outbox_n", 1)],
                    [("due", 1)],
                    [("acknowledged.since", 1)],
                    *([(f"ix.{field}", 1) for field in index] for index in kind.indexes),
                ]
                await self._database[name].create_indexes([IndexModel(index, unique=index[0][0] == "_id") for index in indexes])
        except PyMongoError as error:
            self._client.close()  # the next try makes its own
            raise _unavailable(error) from error

    async def close(self) -> None:
        """Finish what has been asked for, then disconnect."""
        await super().close()
        self._client.close()

    async def probe(self) -> None:
        """Write a small document and read it back, or raise `Unavailable`."""
        await self._asked_alone(self._database["probe"].replace_one({"_id": 0}, {"_id": 0, "token": token_hex(8)}, upsert=True))
        if await self._asked_alone(self._database["probe"].find_one({"_id": 0})) is None:
            raise Unavailable("MongoDB does not give back what it has just taken.")

    async def find(
        self,
        kind: type[A],
        where: Mapping[str, Value | Range],
        *,
        order: str | None = None,
        newest_first: bool = False,
        limit: int = 1000,
        skip: int = 0,
    ) -> list[A]:
        """Aggregates whose declared indexed fields match."""
        cursor = self._database[kind.collection].find(filter_of(kind, where), {"state": 1}).skip(skip).limit(limit)
        if order:
            declared(kind, order)
            cursor = cursor.sort([(f"ix.{order}", -1 if newest_first else 1), ("_id", -1 if newest_first else 1)])
        documents = await self._asked_alone(cursor.to_list(None))
        return [kind.model_validate_json(orjson.dumps(document["state"])) for document in documents]

    async def count(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""
        return int(await self._asked_alone(self._database[kind.collection].count_documents(filter_of(kind, where))))

    async def versions(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> dict[UUID, int]:
        """The version of each that matches."""
        found = await self._asked_alone(self._database[kind.collection].find(filter_of(kind, where), {"version": 1}).to_list(None))
        return {UUID(document["_id"]): document["version"] for document in found}

    async def delete(self, kind: type[Aggregate], id_: UUID, /) -> None:
        """Remove an aggregate with all its entries."""
        await self._asked_alone(self._database[kind.collection].bulk_write([DeleteOne({"_id": str(id_)})], ordered=False))

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        """Aggregates with entries written before a moment, the oldest first."""
        found: list[Untold] = []
        for name in self._kinds:
            cursor = self._database[name].find({"outbox_n": {"$gt": 0}}, {"outbox": 1}).sort("outbox.0.time", 1).limit(limit)
            for document in await self._asked_alone(cursor.to_list(None)):
                entries = in_order(document["outbox"])
                if entries and entries[0].time < before:
                    found.append(Untold(name, UUID(document["_id"]), entries))
        return sorted(found, key=lambda untold: untold.entries[0].time)[:limit]

    async def entries(self, collection: str, id_: UUID) -> tuple[Entry, ...]:
        """Every entry of one aggregate, in order."""
        document = await self._asked_alone(self._database[collection].find_one({"_id": str(id_)}, {"outbox": 1}))
        return () if document is None else in_order(document["outbox"])

    async def acknowledged(self, since: datetime, after: tuple[str, UUID] | None, limit: int) -> list[Untold]:
        """Aggregates with events kept as acknowledged since a moment, those after a given one."""
        moment = str(plain(since))
        start = ("", "") if after is None else (after[0], str(after[1]))
        found: list[Untold] = []
        for name in sorted(name for name in self._kinds if name >= start[0]):
            where = {"acknowledged.since": {"$gte": moment}, "_id": {"$gt": start[1] if name == start[0] else ""}}
            cursor = self._database[name].find(where, {"acknowledged": 1}).sort("_id", 1).limit(limit - len(found))
            documents = await self._asked_alone(cursor.to_list(None)) if len(found) < limit else []
            kept = {one["_id"]: [entry for entry in one["acknowledged"] if entry["since"] >= moment] for one in documents}
            found += [Untold(name, UUID(id_), in_order(entries)) for id_, entries in kept.items()]
        return found

    async def forget_acknowledged(self, before: datetime) -> None:
        """Remove the events that were acknowledged before a moment."""
        old = {"$lt": str(plain(before))}
        for name in self._kinds:
            kept = await self._asked_alone(self._database[name].find({"acknowledged.since": old}, {"_id": 1}).to_list(None))
            pulls = [UpdateOne({"_id": one["_id"]}, {"$pull": {"acknowledged": {"since": old}}}) for one in kept]
            for start in range(0, len(pulls), MANY):
                await self._asked_alone(self._database[name].bulk_write(pulls[start : start + MANY], ordered=False))

    async def due(self, now: datetime, limit: int) -> list[tuple[str, UUID]]:
        """Aggregates with a waiting step whose time has come."""
        found: list[tuple[str, UUID]] = []
        for name in self._kinds:
            cursor = self._database[name].find({"due": {"$lte": str(plain(now)), "$gt": ""}}, {"_id": 1}).limit(limit)
            found += [(name, UUID(document["_id"])) for document in await self._asked_alone(cursor.to_list(None))]
        return found[:limit]

    async def _answer(self, asked: Asked) -> None:
        try:
            for name, saves in by_collection(asked.saves).items():
                for start in range(0, len(saves), MANY):
                    await self._save(name, saves[start : start + MANY])
            for name, clears in by_collection(asked.clears).items():
                await self._clear(name, clears)
            await asyncio.gather(*(self._take(taking, future) for taking, future in asked.takes))
            await self._get(asked)
        except PyMongoError as error:
            raise _unavailable(error) from error

    async def _save(self, name: str, saves: "list[tuple[Saving, asyncio.Future[bool]]]") -> None:
        tokens = [token_hex(8) for _ in saves]
        # One operation per document and round: several in one unordered bulk would race with each other.
        first = {saving.key: index for index, (saving, _) in reversed(list(enumerate(saves)))}
        chosen = [index for index, (saving, _) in enumerate(saves) if first[saving.key] == index]
        refused: set[int] = set()
        await self._keep([record for index in chosen for record in saves[index][0].records])
        try:
            result = await self._database[name].bulk_write([_write(saves[index][0], tokens[index]) for index in chosen], ordered=False)
            lost = result.matched_count + result.inserted_count < len(chosen)
        except BulkWriteError as error:
            refused, lost = {chosen[index] for index in _duplicates(error)}, True
        won = await self._won(name, [(index, saves[index][0].key[1], tokens[index]) for index in chosen], lost)
        for index, (_, future) in enumerate(saves):
            if not future.done():
                future.set_result(index in won and index not in refused)

    async def _keep(self, records: list[Saving]) -> None:
        """Before what they are about, which lies in other documents: so nothing is done without its record."""
        for name, asked in by_collection([(record, None) for record in records]).items():
            for start in range(0, len(asked), MANY):
                inserts = [_write(record, token_hex(8)) for record, _ in asked[start : start + MANY]]
                try:
                    await self._database[name].bulk_write(inserts, ordered=False)
                except BulkWriteError as error:
                    _duplicates(error)

    async def _won(self, name: str, written: list[tuple[int, str, str]], lost: bool) -> set[int]:
        """Which writes stand; where some were lost, their tokens are read back."""
        if not lost:
            return {index for index, _, _ in written}
        cursor = self._database[name].find({"_id": {"$in": [id_ for _, id_, _ in written]}}, {"write_id": 1})
        stands = {document["_id"]: document["write_id"] for document in await cursor.to_list(None)}
        return {index for index, id_, token in written if stands.get(id_) == token}

    async def _clear(self, name: str, clears: "list[tuple[Clearing, asyncio.Future[None]]]") -> None:
        """Take entries out without touching the version, one by one, so that two relays never count one twice."""
        upto = {clearing.key[1]: clearing for clearing, _ in sorted(clears, key=lambda one: one[0].position)}
        cursor = self._database[name].find({"_id": {"$in": list(upto)}}, {"outbox": 1})
        pulls = [
            UpdateOne(*clear(one["_id"], entry, upto[one["_id"]].keep_since))
            for one in await cursor.to_list(None)
            for entry in one["outbox"]
            if entry["position"] <= upto[one["_id"]].position
        ]
        for start in range(0, len(pulls), MANY):
            await self._database[name].bulk_write(pulls[start : start + MANY], ordered=False)
        for _, future in clears:
            if not future.done():
                future.set_result(None)

    async def _take(self, taking: Clearing, future: "asyncio.Future[bool]") -> None:
        result = await self._database[taking.key[0]].update_one(*pull(taking.key[1], taking.position))
        if not future.done():
            future.set_result(result.modified_count == 1)

    async def _get(self, asked: Asked) -> None:
        wanted: dict[str, list[str]] = {}
        for collection, id_ in asked.gets:
            wanted.setdefault(collection, []).append(id_)
        found: dict[Key, bytes] = {}
        for collection, ids in wanted.items():
            cursor = self._database[collection].find({"_id": {"$in": ids}}, {"state": 1})
            found.update(((collection, document["_id"]), orjson.dumps(document["state"])) for document in await cursor.to_list(None))
        for key, futures in asked.gets.items():
            for future in futures:
                if not future.done():
                    future.set_result(found.get(key))

    async def _asked_alone(self, work: Any) -> Any:
        try:
            return await work
        except PyMongoError as error:
            raise _unavailable(error) from error


def _write(saving: Saving, token: str) -> InsertOne[dict[str, Any]] | UpdateOne:
    return InsertOne(creation(saving, token)) if saving.version == 1 else UpdateOne(*change(saving, token))


def _duplicates(error: BulkWriteError) -> set[int]:
    """Which inserts of a bulk met what is there already; raises again whatever else went wrong."""
    faults = error.details["writeErrors"]
    if any(fault["code"] != DUPLICATE for fault in faults) or error.details.get("writeConcernErrors"):
        raise error
    return {fault["index"] for fault in faults}


def _unavailable(error: PyMongoError) -> Unavailable:
    return Unavailable(f"MongoDB does not answer: {type(error).__name__}.")
