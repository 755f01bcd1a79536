"""What the tests of the relay share."""

import pytest
from worlds.relay import World

from common import relay as relay_module


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LOOK_FOR_DUE", 0.01)
    monkeypatch.setattr(relay_module, "LOOK_FOR_LEFT", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.01)


@pytest.fixture
def world() -> World:
    return World()
