"""A region made for measuring: that of South Limburg with more municipalities and locations, and desks that never close."""

import shutil
from pathlib import Path

import yaml

SOURCE = Path(__file__).parents[1] / "regions" / "south-limburg"
PARTNER, PARTNER_SOURCE = "municipality-portal", "urn:nld:oin:00000000000000000105:systeem:portal"
LOCATIONS = 64
DESKS = 6
SINCE = "2020-01-01"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LANGUAGES = ("nl", "en", "de", "fr")


def municipality(number: int) -> str:
    """The code of the municipality whose residents are served at the location of this number."""
    return f"GM{7000 + number % LOCATIONS:04d}"


def make_region(folder: Path) -> Path:
    """Everything of the real pack but where people live and come to; 180 visits of twenty minutes fit at a location on a day."""
    region = folder / "region"
    shutil.copytree(SOURCE, region)
    numbers = range(LOCATIONS)
    rows = [{"code": municipality(n), "name": f"Municipality {n}", "valid_from": SINCE} for n in numbers]
    _write(region / "intake" / "municipalities.yaml", {"municipalities": rows})
    _write(region / "scheduling" / "locations.yaml", {"locations": [_location(n) for n in numbers]})
    _write(region / "scheduling" / "desks.yaml", {"desks": [_desk(n, m) for n in numbers for m in range(DESKS)]})
    _write(region / "scheduling" / "closures.yaml", {"closures": []})
    places = region / "notifications" / "places.yaml"
    known = yaml.safe_load(places.read_text(encoding="utf-8"))
    words = dict.fromkeys(LANGUAGES, "Town hall")
    known["locations"] = [{"code": f"hall_{n}", "valid_from": SINCE, "name": words, "address": words} for n in numbers]
    _write(places, known)
    _hurry(region / "intake" / "partners.yaml")
    _soon(region / "notifications" / "policy.yaml")
    return region


def _location(n: int) -> dict[str, object]:
    place = {"id": f"hall_{n}", "name": f"Town hall {n}", "address": "Main street 1", "country": "NL", "valid_from": SINCE}
    return {**place, "municipalities": [municipality(n)]}


def _desk(n: int, m: int) -> dict[str, object]:
    return {
        "id": f"hall_{n}.desk.{m}",
        "location": f"hall_{n}",
        "organisation": "municipality",
        "products": ["brp_first_registration"],
        "languages": list(LANGUAGES),
        "valid_from": SINCE,
        "hours": {day: ["08:00-18:00"] for day in WEEK},
    }


def _hurry(partners: Path) -> None:
    """The partner that hands in may be as fast as it can."""
    known = yaml.safe_load(partners.read_text(encoding="utf-8"))
    for partner in known["partners"]:
        if partner["id"] == PARTNER:
            partner["rate"] = {"per_second": 100_000, "burst": 1_000_000}
    _write(partners, known)


def _soon(policy: Path) -> None:
    """A letter under way when its service is killed counts as unknown after half a minute: nobody waits longer for a result."""
    known = yaml.safe_load(policy.read_text(encoding="utf-8"))
    _write(policy, known | {"lease_seconds": 30})


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=1000), encoding="utf-8")
