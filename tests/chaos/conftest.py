"""The broken builds are tried in the worlds that the services' own tests have."""

import sys
from pathlib import Path
from typing import Any

import pytest

from chaos.broken.builds import BUILDS

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Takes one promise out."""
    return lambda name: BUILDS[name].apply(monkeypatch)
