"""A whole look at a platform: nothing is found where all is well, the worst faults are, and who is silent blinds only what needs it."""

import json
from datetime import timedelta

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError
from worlds.audited import ITEM, LETTER, NOW, PLAN, WELL, AuditedPlatform, parked, record, stands

from auditor.checks import CHECKS, Check
from auditor.telling import FINDINGS, NOT_ASKED, measure, tell


@pytest.fixture
def platform() -> AuditedPlatform:
    made = AuditedPlatform()
    made.tell(*WELL)
    return made


async def test_all_is_well(platform: AuditedPlatform) -> None:
    outcome = await platform.look()

    assert outcome.status == 0
    assert all(verdict.sure for verdict in outcome.verdicts.values())
    assert outcome.records == 5


async def test_a_restored_older_store_is_found(platform: AuditedPlatform) -> None:
    """Scheduling has forgotten a visit and gives its slot and its number away again: ids follow from numbers."""
    forgotten = PLAN | {"revision": 2, "items": [ITEM | {"appointmentId": "a2"}]}
    platform.tell(("visit.confirmed", "v1", 2, forgotten), believed=False)
    platform.timelines["c1"] += 1
    platform.tell(("case.created", "c2", 1, {"caseId": "c2"}))
    platform.tell(("visit.confirmed", "v1", 2, PLAN | {"revision": 2}), believed=False)
    platform.tell(("visit.confirmed", "v2", 1, PLAN | {"caseId": "c2", "visitId": "v2", "items": [ITEM | {"appointmentId": "a3"}]}))

    found = await platform.found()

    assert set(found) == {"numbers_have_no_gaps", "no_slot_is_given_twice", "day_lists_are_the_log"}
    assert found["numbers_have_no_gaps"] == ["1 events were told with two contents: visit.confirmedv12"]
    assert found["day_lists_are_the_log"][0] == "1 appointments are in the log and on no day list: a2"


async def test_a_restored_older_store_of_intake_is_found(platform: AuditedPlatform) -> None:
    platform.tell(("case.created", "c2", 1, {"caseId": "c2"}))
    del platform.cases["c2"]

    assert await platform.found() == {"every_case_is_told": ["1 cases are in the log and intake does not list them: c2"]}


async def test_a_service_that_is_cut_off_from_kafka_and_says_that_all_is_well_is_found(platform: AuditedPlatform) -> None:
    platform.tell(*[("case.created", f"d{number}", 1, {"caseId": f"d{number}"}) for number in range(40)], believed=False)
    platform.cases |= {f"d{number}": NOW - timedelta(hours=1) for number in range(40)}
    platform.kafka.standing["reporting"] = [stands(5, 45, members=0)]

    found = await platform.found()

    assert found["services_say_how_far_they_are"] == [
        "reporting is 40 records behind and does not read on",
        "reporting says that it is not behind",
        "reporting says that Kafka answers it, and its group has no members",
    ]
    assert found["every_group_has_members"] == ["the group reporting has no members"]
    assert found["figures_say_what_is_missing"][0] == "reporting says that figures are complete, and had not read 40 records"
    assert found["timelines_are_the_log"][0].startswith(
        "39 cases are in the log and reporting does not know them"
    )  # of 41, as many as are asked for


async def test_hundreds_of_letters_that_are_never_handed_over_are_found(platform: AuditedPlatform) -> None:
    platform.tell(*[("notification.requested", f"n{number}", 1, LETTER | {"messageId": f"n{number}"}) for number in range(300)])

    found = await platform.found()

    assert set(found) == {"letters_do_not_stand_still"}
    assert found["letters_do_not_stand_still"][0].startswith("300 letters are due and have no outcome")


async def test_what_comes_while_the_auditor_looks_is_no_finding(platform: AuditedPlatform) -> None:
    told = [("case.created", "new", 1, {"caseId": "new"}), ("case.status-changed", "c1", 1, {"caseId": "c1"})]
    platform.kafka.later += [record(one, 9, NOW) for one in told]
    platform.timelines["c1"] += 1
    platform.kafka.standing["intake"] = [stands(4, 5), stands(5, 9)]

    assert await platform.found() == {}


async def test_all_pages_of_cases_are_read(platform: AuditedPlatform) -> None:
    platform.tell(*[("case.created", f"d{number}", 1, {"caseId": f"d{number}"}) for number in range(250)])

    assert await platform.found() == {}
    assert sum(request.url.path == "/v1/cases" for request in platform.asked) == 3


async def test_all_pages_of_lanes_are_read(platform: AuditedPlatform) -> None:
    platform.lanes["scheduling"] = [parked()] * 1001

    assert (await platform.found())["nothing_waits_for_somebody"][0] == "scheduling has 1001 parked lanes"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("reporting/v1/indicators", httpx.Response(200, json={"items": []})),
        ("reporting/v1/cases", httpx.Response(200, text="<html>")),
        ("reporting/v1/cases", httpx.Response(500, json={"detail": "secret words"})),
        ("intake/v1/cases", httpx.Response(200, json={"cases": [{"id": 1}], "total": 1})),
        ("intake/v1/cases", httpx.Response(403, json={})),
        ("scheduling/v1/desks", httpx.Response(200, json=["secret words"])),
        ("notifications/metrics", httpx.Response(200, text="{{{")),
    ],
)
async def test_an_unexpected_answer_leaves_its_check_unsure_and_the_others_sure(
    platform: AuditedPlatform, path: str, answer: httpx.Response
) -> None:
    platform.broken[path] = answer

    outcome = await platform.look()

    unsure = {name for name, verdict in outcome.verdicts.items() if not verdict.sure}
    assert outcome.status == 2
    assert 1 <= len(unsure) <= 2
    assert not any(verdict.findings for verdict in outcome.verdicts.values())
    assert "secret" not in str(outcome)


async def test_without_the_log_nothing_is_judged_by_it(platform: AuditedPlatform) -> None:
    platform.kafka.away = KafkaConnectionError()

    outcome = await platform.look()

    assert outcome.status == 2
    assert outcome.silent == ["Kafka: KafkaConnectionError"]
    assert {name for name, verdict in outcome.verdicts.items() if verdict.sure} == {"nothing_waits_for_somebody"}


async def test_a_check_that_fails_is_named_and_stops_no_other(platform: AuditedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.lanes["intake"] = [parked("quarantine")]
    monkeypatch.setitem(CHECKS, "numbers_have_no_gaps", Check(lambda asked: [asked.fold.created["nobody"].isoformat()], ("fold",)))

    outcome = await platform.look()

    assert outcome.silent == ["numbers have no gaps: KeyError while it was checked"]
    assert outcome.verdicts["nothing_waits_for_somebody"].findings
    assert outcome.status == 2


async def test_findings_and_what_was_not_asked_are_metrics(platform: AuditedPlatform) -> None:
    platform.lanes["intake"] = [parked("quarantine")]
    platform.broken["scheduling/v1/desks"] = httpx.Response(503)

    measure(await platform.look())

    shown = {sample.labels["check"]: sample.value for metric in FINDINGS.collect() for sample in metric.samples}
    unsure = {sample.labels["check"] for metric in NOT_ASKED.collect() for sample in metric.samples if sample.value}
    assert shown["nothing_waits_for_somebody"] == 2
    assert shown["numbers_have_no_gaps"] == 0
    assert str(shown["day_lists_are_the_log"]) == "nan"
    assert unsure == {"day_lists_are_the_log"}


async def test_a_look_is_told_as_lines_and_as_json(platform: AuditedPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.lanes["intake"] = [parked("quarantine")]
    platform.broken["scheduling/v1/desks"] = httpx.Response(503)
    outcome = await platform.look()

    tell(outcome, as_json=False)
    lines = capsys.readouterr()
    tell(outcome, as_json=True)

    assert "FOUND  nothing waits for somebody\n       intake has 1 records in quarantine\n" in lines.out
    assert "unsure day lists are the log\n" in lines.out
    assert lines.err == "not asked: scheduling answers 503 at /v1/desks/desk.1/day\n"
    said = json.loads(capsys.readouterr().out)
    assert said["unsure"] == ["day_lists_are_the_log"]


async def test_it_only_reads_and_bears_its_token_to_routes_but_not_to_metrics(platform: AuditedPlatform) -> None:
    await platform.look()

    assert {request.method for request in platform.asked} == {"GET"}
    bare = {request.url.path for request in platform.asked if "authorization" not in request.headers}
    assert bare == {"/metrics"}
