"""What partners hand in: households of one to three, with all their papers or not, for one desk or for three."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from chaos.region import HALLS, LANGUAGES, municipality

CASE_SUBMITTED = "nl.arbeidsmarktdiensten.case-submitted.v1"
KINDS = {"registration": 60, "fast_track": 22, "papers_missing": 10, "referred": 8}
PORTAL, CENTRE = "municipality-portal", "shared-service-centre"
PAPERS = {"eu_eea_ch": ["passport", "tenancy"], "other": ["passport", "ind_approval", "tenancy"]}
AHEAD = 8
"""The most days from the submission to the first day that suits a household."""


@dataclass(frozen=True)
class Household:
    """A request, whose it is, and what it lacks."""

    partner: str
    kind: str
    data: dict[str, Any]
    lacking: tuple[str, ...] = ()


def household(draw: Random, today: date, marker: str, name: str) -> Household:
    """Drawn; every personal value holds the marker."""
    kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
    numbers, language = list(range(1, draw.choice((1, 1, 2, 3)) + 1)), draw.choice(LANGUAGES)
    fast = kind == "fast_track"
    group = "other" if fast else "eu_eea_ch"
    products = ("brp_first_registration", "settling_consultation", "biometrics") if fast else ("brp_first_registration",)
    products = ("rni_registration",) if kind == "referred" else products
    held = [] if kind == "papers_missing" else PAPERS[group]
    data = {
        "caseType": "fast_track_non_eu" if fast else products[0],
        "purpose": "highly_skilled_migrant" if fast else "eu_work",
        "municipalityCode": municipality(draw.randrange(HALLS)),
        "language": language,
        "channel": "api" if fast else "web",
        "initiatorRole": "employer" if fast else "client",
        "contact": {"name": f"{marker} {name}", "email": f"{marker}.{name}@example.org"},
        "persons": [{"number": n, "nationalityGroup": group, "language": language, "documents": held} for n in numbers],
        "formalities": [{"product": product, "persons": numbers} for product in products],
        "notBefore": (today + timedelta(days=draw.randint(1, AHEAD))).isoformat(),
    }
    lacking = tuple(PAPERS[group]) if kind == "papers_missing" else ()
    return Household(CENTRE if fast else PORTAL, kind, data if fast else data | {"stayMonths": 24}, lacking)
