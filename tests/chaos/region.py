"""A region with room for every submission of a run: that of South Limburg with town halls of the rig's own, one of them too small."""

import shutil
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).parents[2] / "regions" / "south-limburg"
HALLS = 12
SINCE = "2020-01-01"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LANGUAGES = ["nl", "en", "de", "fr"]
DESKS = {
    "municipality": (4, ["brp_first_registration", "certificate_supplement"]),
    "ecmr": (2, ["settling_consultation"]),
    "ind": (2, ["document_collection", "biometrics", "residence_endorsement", "return_visa"]),
}
"""Organisation, number of its desks at each town hall, and what is done there. At the first one there is one desk of each: people wait."""


def municipality(number: int) -> str:
    """The code of the municipality whose residents come to the town hall of this number."""
    return f"GM{7000 + number % HALLS:04d}"


def make_region(region: Path) -> Path:
    """Everything of the real pack but where people live and come to, and at what pace partners may hand in."""
    shutil.copytree(SOURCE, region)
    numbers = range(HALLS)
    rows = [{"code": municipality(n), "name": f"Municipality {n}", "valid_from": SINCE} for n in numbers]
    _write(region / "intake" / "municipalities.yaml", {"municipalities": rows})
    _write(region / "scheduling" / "locations.yaml", {"locations": [_location(n) for n in numbers]})
    _write(region / "scheduling" / "desks.yaml", {"desks": [desk for n in numbers for desk in _desks(n)]})
    _write(region / "scheduling" / "closures.yaml", {"closures": []})
    places = region / "notifications" / "places.yaml"
    known = yaml.safe_load(places.read_text())
    words = dict.fromkeys(LANGUAGES, "Town hall")
    known["locations"] = [{"code": f"hall_{n}", "valid_from": SINCE, "name": words, "address": words} for n in numbers]
    _write(places, known)
    _hurry(region / "intake" / "partners.yaml")
    return region


def _location(n: int) -> dict[str, Any]:
    place = {"id": f"hall_{n}", "name": f"Town hall {n}", "address": "Main street 1", "country": "NL", "valid_from": SINCE}
    return {**place, "municipalities": [municipality(n)]}


def _desks(n: int) -> list[dict[str, Any]]:
    return [_desk(n, organisation, m) for organisation, (count, _) in DESKS.items() for m in range(count if n else 1)]


def _desk(n: int, organisation: str, m: int) -> dict[str, Any]:
    return {
        "id": f"hall_{n}.{organisation}.{m}",
        "location": f"hall_{n}",
        "organisation": organisation,
        "products": DESKS[organisation][1],
        "languages": LANGUAGES,
        "valid_from": SINCE,
        "hours": {day: ["08:00-18:00"] for day in WEEK},
    }


def _hurry(partners: Path) -> None:
    known = yaml.safe_load(partners.read_text())
    for partner in known["partners"]:
        partner["rate"] = {"per_second": 10_000, "burst": 100_000}
    _write(partners, known)


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=1000))
