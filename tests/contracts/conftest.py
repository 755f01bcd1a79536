"""The platform as its code describes it, and what is generated from that; made once per run."""

from pathlib import Path

import pytest

from loket.contracts.files import Files, generate
from loket.contracts.services import Platform, describe

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def platform() -> Platform:
    return describe(ROOT / "regions" / "south-limburg")


@pytest.fixture(scope="session")
def files(platform: Platform) -> Files:
    return generate(platform, ROOT)


@pytest.fixture
def made_before(platform: Platform, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command uses what has been generated for this run already: that takes seconds."""
    monkeypatch.setattr("loket.commands.contracts.describe", lambda _region: platform)
    monkeypatch.setattr("loket.commands.contracts.generate", lambda _platform, _root: files)
