"""The store port in its three forms: the fake and both adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import KINDS as THINGS

from common.processing.record import ProcessingRecord
from common.store.mongo import MongoStore
from common.store.port import Store
from common.store.sqlite import SqliteStore
from common.testing.memory import MemoryStore

KINDS = (*THINGS, ProcessingRecord)
STORES = ["memory", "sqlite", pytest.param("mongo", marks=pytest.mark.mongo)]


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.sqlite", KINDS)
    else:
        made = MongoStore(request.getfixturevalue("mongo_url"), f"t{uuid4().hex}", KINDS)
    await made.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.close)
        yield made
