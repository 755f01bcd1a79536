"""What people could hand in: right in form, at the edges of what dates, numbers, sizes and texts may be."""

from datetime import date, timedelta
from typing import Any

from fuzz.gate import CASE, CONTACT, QUESTION
from hypothesis import strategies as st
from simulation.pipeline import Asked, HandedIn

from common.ids import derived

TODAY = date(2026, 11, 30)
"""On which the simulation begins."""
EDGES = (
    "0001-01-01", "9999-12-31", "1900-02-28", "2024-02-29", "2028-02-29", "2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31",
    *(str(TODAY + timedelta(days=days)) for days in (-3653, -366, -1, 0, 1, 60, 61, 62, 366, 367, 731, 732, 1827, 1828)),
)  # fmt: skip
_NEAR = st.integers(0, 730).map(lambda days: str(TODAY + timedelta(days=days)))
_PAST = st.integers(0, 1800).map(lambda days: str(TODAY - timedelta(days=days)))
DAYS = st.one_of(_NEAR, _NEAR, _NEAR, st.sampled_from(EDGES[:2]), st.sampled_from(EDGES), st.dates().map(str))
PAST = st.one_of(_PAST, _PAST, _PAST, DAYS)
MOMENTS = st.builds(
    "{}T{}{}".format,
    PAST,
    st.sampled_from(("00:00:00", "23:59:59.999999", "02:30:00", "12:00:00")),
    st.sampled_from(("Z", "+14:00", "-12:00", "+01:00")),
)
NAMES = st.sampled_from(
    (
        "A. Example",
        "\u4e0a\u5c71",
        "\u0645\u062d\u0645\u062f",
        "e\u0301" * 50,
        "\U0001f9d1\u200d\U0001f393",
        "x" * 200,
        "-",
        "=1+1",
        "{0} %s ${x}",
    )
)
LANGUAGES = st.sampled_from(("nl", "en", "de", "fr"))
PRODUCTS = {
    "municipality-portal": {"brp_first_registration": ["brp_first_registration"], "settling_consultation": ["settling_consultation"],
    "rni_registration": ["rni_registration"]},
    "immigration-portal": {one: [one] for one in ("document_collection", "biometrics", "residence_endorsement", "return_visa")},
    "university": {"fast_track_non_eu": ["brp_first_registration", "settling_consultation", "document_collection", "biometrics"],
    "student_group_intake": ["brp_first_registration", "document_collection"]},
}  # fmt: skip
PAPERS = ("passport", "ind_approval", "tenancy", "invitation_letter", "acknowledgement_letter")
PURPOSES = st.sampled_from(("eu_work", "study", "highly_skilled_migrant", "cross_border"))
DESKS = st.sampled_from(("mosae_forum.municipality.1", "mosae_forum.ind.3", "heerlen_town_hall.municipality.1"))
WALLS = st.sampled_from(("00:00", "01:59", "02:00", "02:30", "03:00", "09:00", "23:59"))


@st.composite
def cases(draw: Any) -> HandedIn:
    """A household or a group with formalities."""
    partner = draw(st.sampled_from(sorted(PRODUCTS)))
    case_type = draw(st.sampled_from(sorted(PRODUCTS[partner])))
    numbers = list(range(1, draw(st.sampled_from((1, 1, 1, 2, 2, 5, 13, 13, 14, 20, 23, 24, 35, 36, 50))) + 1))
    papers = list(draw(st.sampled_from((PAPERS, PAPERS, PAPERS, ()))))
    group = st.sampled_from(("nl", "eu_eea_ch", "other"))
    persons = [{"number": n, "nationalityGroup": draw(group), "language": draw(LANGUAGES), "documents": papers} for n in numbers]
    formalities = [{"product": product, "persons": numbers} for product in PRODUCTS[partner][case_type] if draw(st.integers(0, 3))]
    data = {**CASE, "caseType": case_type, "language": draw(LANGUAGES), "purpose": draw(PURPOSES), "persons": persons}
    data["formalities"] = formalities or [{"product": PRODUCTS[partner][case_type][0], "persons": numbers}]
    data["contact"] = {"name": draw(NAMES), "email": "a.example@example.org"}
    data["municipalityCode"] = draw(st.sampled_from(("GM0935", "GM0917", "GM1883", "GM0965")))
    for name in ("arrivesOn", "startsOn", "notBefore"):
        if not draw(st.integers(0, 2)):
            data[name] = draw(DAYS)
    data["stayMonths"] = draw(st.sampled_from((None, 24, 24, 24, 0, 4, 5, 1200, 1201)))
    return HandedIn(partner, "case-submitted", data)


QUESTIONS = st.builds(
    lambda moment, minutes, persons, contact: HandedIn(
        "gip-maastricht", "question-asked",
        {**QUESTION, "occurredAt": moment, "responseMinutes": minutes, "persons": persons, "contact": contact},
    ),
    MOMENTS, st.sampled_from((0, 1, 1_000_000, 1_000_001)), st.sampled_from((1, 2, 1000, 1001)),
    st.none() | st.builds(lambda name: {"name": name, "email": "b@example.org"}, NAMES),
)  # fmt: skip
CONTACTS = st.builds(
    lambda moment, number: HandedIn(
        "expat-centre", "contact-registered", {**CONTACT, "occurredAt": moment, "clientPseudonym": str(derived("client", number))}
    ),
    MOMENTS, st.integers(0, 3),
)  # fmt: skip
HANDED_IN = st.lists(cases() | cases() | QUESTIONS | CONTACTS, min_size=4, max_size=8)


def _asked(service: str, path: str, method: str = "POST", **body: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    shaped = st.fixed_dictionaries(body) if body else st.none()
    return st.builds(Asked, st.just(service), st.just(method), st.just(path), shaped, st.integers(0, 8))


VISIT, HALL = "/v1/visits/{visit}", st.just("mosae_forum")
ILL, FLOOD = st.just("ill"), st.just("flood")
ONE = "/v1/visits/{visit}/appointments/{appointment}"
ASKED = st.lists(
    st.one_of(
        _asked("scheduling", f"{VISIT}/cancel", by=st.just("client"), reasonCode=ILL, rebook=st.booleans(), notBefore=st.none() | DAYS),
        _asked("scheduling", "/v1/visits/{visit}/plan", locationId=HALL, day=DAYS),
        _asked("scheduling", f"{ONE}/cancel", by=st.just("desk"), reasonCode=st.just("strike")),
        _asked("scheduling", f"{ONE}/check-in", documentsComplete=st.booleans()),
        _asked("scheduling", "/v1/closures", locationId=HALL, date=DAYS, until=st.none() | DAYS, reasonCode=FLOOD),
        _asked("scheduling", "/v1/extra-hours", deskId=DESKS, date=DAYS, opens=WALLS, closes=WALLS),
        st.builds(lambda day: Asked("scheduling", "DELETE", f"/v1/closures/mosae_forum/{day}"), DAYS),
        st.builds(lambda day: Asked("scheduling", "GET", f"/v1/closures?location=mosae_forum&from={day}&to={day}"), DAYS),
        st.builds(lambda desk, day: Asked("scheduling", "GET", f"/v1/desks/{desk}/day?date={day}"), DESKS, DAYS),
        _asked("scheduling", "/v1/visits/{visit}/fitting-days?limit=31", "GET"),
        _asked("intake", "/v1/cases/{case}/documents", documents=st.just([{"person": 1, "documentType": "passport"}])),
        _asked("intake", "/v1/cases/{case}/bsn-issued", person=st.sampled_from((1, 2, 50)), issuedOn=PAST),
        _asked("intake", "/v1/cases/{case}/permit-decisions", person=st.just(1), appliedOn=PAST, decidedOn=PAST, granted=st.booleans()),
        _asked("intake", "/v1/cases/{case}/withdraw", reasonCode=st.just("client_request")),
    ),
    min_size=6,
    max_size=14,
)  # fmt: skip
