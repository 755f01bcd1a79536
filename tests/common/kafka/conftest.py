"""Topics of its own for each test."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from toy_service import make_topics

from common.publisher import Publisher


@pytest.fixture
async def prefix(kafka_bootstrap: str) -> str:
    made = f"{uuid4().hex[:8]}."
    await make_topics(kafka_bootstrap, made)
    return made


@pytest.fixture
async def publisher(kafka_bootstrap: str, prefix: str) -> AsyncIterator[Publisher]:
    made = Publisher(kafka_bootstrap, "test", prefix)
    yield made
    await made.close()
