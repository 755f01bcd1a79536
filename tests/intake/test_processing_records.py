"""Whatever intake does with personal data leaves a processing record: what, whose by pseudonym, which trace; never the data."""

from datetime import timedelta

import pytest

from common.errors import Unavailable
from common.ids import derived
from common.processing.record import ProcessingRecord
from common.testing.issuer import Badge

from .bench import CONTACT, QUESTION, event, person

ACTIVITIES = "https://register.example.org/processing-activities/"
TAKEN, SCREENED, READ = (
    "Stored a request that was handed in",
    "Judged a request by the rules of the day",
    "Showed a request to a member of staff",
)
SHOWN, DECIDED = "Recorded documents that a person has shown", "Recorded a decision on a person's permit"
ISSUED = "Recorded that a person was given a citizen service number"


async def exported(desk, **query):
    badge = Badge(desk.service.clock, "privacy-officer")
    answer = await desk.client.get("/v1/processing-records", params=query, auth=badge)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def recorded(desk):
    """Name and person of each record, in order of name."""
    return sorted((one["name"], one["attributes"]["dpl.core.data_subject_id"]) for one in (await exported(desk))["records"])


def household(desk, case_id, others=1):
    """The pseudonyms of the party and of the others."""
    party = derived("party", case_id)
    ids = [party, *(derived("person", party, number) for number in range(2, 2 + others))]
    return [desk.service.logbook.pseudonym(one) for one in ids]


async def handed_in(desk, fast_track, **changes):
    return (await desk.hand_in(event(fast_track(persons=[person(), person(2)], **changes)))).json()["id"]


async def test_a_submission_is_stored_and_screened_with_a_record_for_each_person(desk, fast_track):
    id_ = await handed_in(desk, fast_track)

    assert await recorded(desk) == sorted((name, one) for name in (TAKEN, SCREENED) for one in household(desk, id_))


async def test_handing_in_twice_leaves_no_more_records(desk, fast_track):
    content = event(fast_track())
    for _ in range(2):
        assert (await desk.hand_in(content)).status_code == 202

    assert [name for name, _ in await recorded(desk)] == [SCREENED, TAKEN]


async def test_a_household_that_has_somebody_else_for_its_contact_has_one_more_person(desk, fast_track):
    own = {**person(), "contact": {"name": "B. Example", "email": "b.example@example.org"}}
    id_ = (await desk.hand_in(event(fast_track(persons=[own])))).json()["id"]

    party = derived("party", id_)
    both = {desk.service.logbook.pseudonym(one) for one in (party, derived("person", party, 1))}
    assert {one for name, one in await recorded(desk) if name == TAKEN} == both


async def test_a_question_is_recorded_where_it_brings_a_contact(desk):
    answered = {"name": "A. Example", "email": "a.example@example.org"}
    await desk.hand_in(event(QUESTION, "1", "question-asked", "gip-maastricht"), partner="gip-maastricht")
    assert await recorded(desk) == []

    reached = await desk.hand_in(
        event({**QUESTION, "contact": answered}, "2", "question-asked", "gip-maastricht"), partner="gip-maastricht"
    )
    await desk.hand_in(event(CONTACT, "3", "contact-registered", "expat-centre"), partner="expat-centre")

    assert await recorded(desk) == [(TAKEN, household(desk, reached.json()["id"], 0)[0])]


async def test_a_case_is_read_with_a_record_for_each_person_and_each_time(desk, fast_track):
    id_ = await handed_in(desk, fast_track)
    for _ in range(2):
        await desk.worker("GET", f"/v1/cases/{id_}")
    await desk.worker("GET", "/v1/cases")
    await desk.worker("GET", f"/v1/cases/{derived('no case')}")
    await desk.worker("GET", f"/v1/cases/{id_}", limits={"organisations": []})

    assert sorted(one for name, one in await recorded(desk) if name == READ) == sorted(household(desk, id_) * 2)


CHANGES = [
    ("documents", {"documents": [{"person": 2, "documentType": "diploma_of_nothing"}]}, None),
    ("documents", {"documents": [{"person": 2, "documentType": "acknowledgement_letter"}]}, SHOWN),
    ("permit-decisions", {"person": 2, "appliedOn": "2026-11-02", "decidedOn": "2026-11-12", "granted": True}, DECIDED),
    ("bsn-issued", {"person": 2, "issuedOn": "2026-11-23"}, ISSUED),
    ("withdraw", {}, None),
]


@pytest.mark.parametrize(("path", "body", "name"), CHANGES)
async def test_what_staff_record_is_recorded_for_the_person_it_is_about_and_the_answer_is_a_reading(desk, fast_track, path, body, name):
    id_ = await handed_in(desk, fast_track)
    answer = await desk.worker("POST", f"/v1/cases/{id_}/{path}", body)

    found = [one for one in await recorded(desk) if one[0] not in {TAKEN, SCREENED}]
    readings = [(READ, one) for one in household(desk, id_)] if answer.status_code == 200 else []
    changes = [(name, household(desk, id_)[1])] if name else []
    assert found == sorted(readings + changes)
    assert (name is not None) <= (answer.status_code == 200)


async def test_nothing_is_shown_whose_reading_cannot_be_recorded(desk, fast_track, monkeypatch):
    id_ = await handed_in(desk, fast_track)
    save = desk.service.store.save

    async def away(aggregate, entries, records=()):
        if isinstance(aggregate, ProcessingRecord):
            raise Unavailable("The disk is full.")
        return await save(aggregate, entries, records)

    monkeypatch.setattr(desk.service.store, "save", away)
    answer = await desk.worker("GET", f"/v1/cases/{id_}")

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "example.org" not in answer.text


async def test_every_route_that_answers_with_a_contact_records_a_reading(desk):
    """The walk over the document finds a route that would be new."""
    said = desk.service.app.openapi()
    schemas = said["components"]["schemas"]

    def reaches(name, seen=()):
        text = str(schemas[name])
        return name == "ContactView" or any(
            reaches(other, (*seen, name)) for other in schemas if f"/{other}'" in text and other not in seen
        )

    showing = {
        (method, path)
        for path, item in said["paths"].items()
        for method, one in item.items()
        if any(reaches(name) for name in schemas if f"/{name}'" in str(one["responses"]))
    }
    assert showing == {("get", "/v1/cases/{case_id}"), *(("post", f"/v1/cases/{{case_id}}/{path}") for path, _, _ in CHANGES)}


async def test_the_export_has_the_fields_of_the_standard_and_none_of_the_data(desk, fast_track):
    id_ = await handed_in(desk, fast_track, contact={"name": "Canary Zebrafinch", "email": "zebrafinch@canary.example"})
    page = await exported(desk, limit=1)
    rest = await exported(desk, limit=100, after=page["after"])

    assert [len(page["records"]), len(rest["records"]), rest["after"]] == [2, 2, None]
    for one in page["records"] + rest["records"]:
        assert set(one) == {
            *("trace_id", "span_id", "parent_span_id", "status", "name", "start_time", "end_time", "resource", "attributes"),
        }  # fmt: skip
        assert one["attributes"]["dpl.core.processing_activity_id"].startswith(ACTIVITIES)
        assert (len(one["trace_id"]), len(one["span_id"]), one["status"]) == (32, 16, "Unset")
    assert len({one["trace_id"] for one in page["records"] + rest["records"]}) == 1
    assert len({one["span_id"] for one in page["records"] + rest["records"]}) == 4
    assert not [word for word in ("zebrafinch", "Canary", id_, str(derived("party", id_))) if word in str((page, rest))]


async def test_an_export_has_a_beginning_and_an_end(desk, fast_track):
    await handed_in(desk, fast_track)
    desk.service.clock.forward(timedelta(minutes=4))
    await desk.hand_in(event(fast_track(), "2"))

    found = {
        moment: [len((await exported(desk, **{side: moment}))["records"]) for side in ("from", "until")]
        for moment in ("2026-11-23T09:00:00Z", "2026-11-23T10:02:00+01:00", "2026-11-23T09:10:00Z")
    }

    assert found == {"2026-11-23T09:00:00Z": [6, 0], "2026-11-23T10:02:00+01:00": [2, 4], "2026-11-23T09:10:00Z": [0, 6]}


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"after": "x"}, {"from": "yesterday"}, {"until": "2026-11-23"}])
async def test_a_wrong_question_is_refused(desk, query):
    answer = await desk.client.get("/v1/processing-records", params=query, auth=Badge(desk.service.clock, "privacy-officer"))

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["from", "until"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "1969-12-31T23:59:59Z"])
async def test_a_moment_that_may_be_none_in_utc_is_refused(desk, name, moment):
    answer = await desk.client.get("/v1/processing-records", params={name: moment}, auth=Badge(desk.service.clock, "privacy-officer"))

    assert answer.status_code == 400
