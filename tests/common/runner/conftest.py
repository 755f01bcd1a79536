"""What the tests of the runner share."""

import pytest
from worlds.runner import World


@pytest.fixture
def world() -> World:
    return World()
