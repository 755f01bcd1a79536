"""What the tests of consuming share."""

import pytest
from worlds.consuming import World

from common import consuming as consuming_module


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming_module, "LONGEST_PAUSE", 0.02)
