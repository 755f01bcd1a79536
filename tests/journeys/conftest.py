"""The whole platform for each journey."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from whole_platform import Platform, whole_platform


@pytest.fixture
async def platform(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Platform]:
    async with whole_platform(kafka_bootstrap, tmp_path) as running:
        yield running
