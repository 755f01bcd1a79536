"""The register of processing activities says what the code does with personal data, no more and no less; and who does nothing with it."""

import re
from pathlib import Path

import pytest
import yaml

from common.settings import LogbookSettings
from loket.commands.processing_records import KEEPERS
from loket.contracts.services import Platform

REGION = Path("regions/south-limburg")


def test_who_keeps_a_logbook_is_who_keeps_personal_data(platform: Platform) -> None:
    assert {service.name for service in platform if service.blueprint.register} == set(KEEPERS)
    assert {service.name for service in platform if issubclass(service.settings, LogbookSettings)} == set(KEEPERS)


def test_whoever_tells_or_hears_personal_data_keeps_a_logbook(platform: Platform) -> None:
    """Scheduling and reporting know people by opaque ids alone: no event that they hear or tell holds more."""
    meets = {service.name for service in platform if any(event.personal for event in (*service.tells, *service.hears))}

    assert meets == set(KEEPERS)


@pytest.mark.parametrize("name", KEEPERS)
def test_every_action_of_the_register_is_one_of_the_code_and_the_other_way_round(platform: Platform, root: Path, name: str) -> None:
    (service,) = [one for one in platform if one.name == name]
    known = set(yaml.safe_load((root / REGION / name / "processing.yaml").read_text())["actions"])
    by_message = {processing.action for processing in service.blueprint.processings()}
    sources = "".join(path.read_text() for path in (root / "services" / name / "src").rglob("*.py"))

    assert by_message | set(re.findall(r'\.reading\("([a-z_]+)"\)', sources)) == known


def test_the_same_activity_is_told_in_the_same_words_and_kept_as_long(root: Path) -> None:
    files = [yaml.safe_load((root / REGION / name / "processing.yaml").read_text()) for name in KEEPERS]
    rows = [(row["id"], row["valid_from"]) for file in files for row in file["activities"]]

    assert len(rows) == len(set(rows))
    assert len({file["kept_days"] for file in files}) == 1
