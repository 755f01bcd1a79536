"""A region so narrow that households race: one town hall, two desks that each household needs one after the other, and ten days."""

import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import yaml

from common.events.case import CaseScreened, FormalityWanted
from common.ids import derived
from scheduling.domain.plan import NoPlan
from scheduling.domain.visit import Visit

PACK = Path(__file__).parents[2] / "regions" / "south-limburg" / "scheduling"
SINCE = "2020-01-01"
STEP = 20  # minutes that each desk takes
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DESKS = ("registration", "advice")


class Town(NamedTuple):
    """How much room there is, from tomorrow on."""

    days: int = 10
    households_a_day: int = 25

    @property
    def slots(self) -> int:
        """Each household takes one at either desk, one right after the other."""
        return self.days * self.households_a_day * len(DESKS)

    def write(self, region: Path) -> Path:
        """The region pack, as scheduling reads it."""
        folder = region / "scheduling"
        folder.mkdir(parents=True)
        hall = {
            "id": "hall",
            "name": "Town hall",
            "address": "Main street 1",
            "country": "NL",
            "municipalities": ["GM0001"],
            "valid_from": SINCE,
        }
        _write(folder, "locations", [hall])
        _write(folder, "desks", [self._desk(number, name) for number, name in enumerate(DESKS)])
        _write(folder, "products", [_product(number, name) for number, name in enumerate(DESKS)])
        _write(folder, "closures", [])
        policy = {"version": "1", "valid_from": SINCE, "booking_window_days": self.days, "minimum_notice_minutes": 0}
        policy |= {"late_cancel_working_days": 1, "no_show_policy": "none", "retry_hours": 24 * 30, "outcomes": {"settled": True}}
        rules = {"timezone": "UTC", "slot_grid_minutes": STEP, "policies": [policy]}
        (folder / "policy.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
        for name in ("codes.yaml", "bounds.yaml"):
            shutil.copy(PACK / name, folder / name)
        return region

    def dates(self, now: datetime) -> list[str]:
        """The days that can be had; today is left out, for part of it is over."""
        return [f"{(now + timedelta(days=n)).date()}" for n in range(1, self.days + 1)]

    def _desk(self, number: int, name: str) -> dict[str, object]:
        opens = 6 * 60 + number * STEP  # the second desk opens when the first household comes to it
        hours = [f"{_wall(opens)}-{_wall(opens + self.households_a_day * STEP)}"]
        what = {"id": name, "location": "hall", "organisation": name, "products": [name], "languages": ["nl"]}
        return {**what, "hours": dict.fromkeys(WEEK, hours), "valid_from": SINCE}


def household(number: int, now: datetime) -> Visit:
    """A visit that waits for a time, as it is when nothing fitted; by itself it does not try again before all is over."""
    case_id = derived("contention", number)
    tomorrow = datetime.combine((now + timedelta(days=1)).date(), time(), UTC)
    case = CaseScreened(
        occurred_at=now,
        case_id=case_id,
        case_type="contention",
        route="one_stop",
        outcome="accepted",
        rule_version="1",
        reason_codes=(),
        language="nl",
        party_id=case_id,
        municipality_code="GM0001",
        household_size=1,
        formalities=tuple(FormalityWanted(formality_id=derived(case_id, name), product=name, persons=(1,)) for name in DESKS),
        not_before=tomorrow,
    )
    return Visit.for_case(case).defer(NoPlan("no_capacity_in_window", now + timedelta(days=30)), now)


def _product(number: int, name: str) -> dict[str, object]:
    minutes = {"first_person_minutes": STEP, "extra_person_minutes": 0, "buffer_minutes": 0}
    return {"id": name, "organisation": name, "rank": number + 1, **minutes, "valid_from": SINCE}


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({name: rows}, sort_keys=False), encoding="utf-8")
