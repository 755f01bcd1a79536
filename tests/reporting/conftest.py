"""What the tests of reporting share."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reporting_room import Room


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with Room() as room:
        yield room
