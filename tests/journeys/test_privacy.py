"""Markers planted in every personal field appear nowhere but where they must."""

import json

import pytest
from journeys.reaching import everything_in_the_log, served
from whole_platform import Platform, registration

from common.metrics_server import exposition

pytestmark = pytest.mark.kafka

NAME, EMAIL = "Canary Zebrafinch", "zebrafinch@canary.example"
PERSON_NAME, PERSON_EMAIL = "Second Quetzal", "quetzal@canary.example"
MARKERS = ("zebrafinch", "quetzal")


def planted() -> dict[str, object]:
    """A submission with a marker in every field that may hold personal data."""
    data = registration(contact={"name": NAME, "email": EMAIL})
    persons = [dict(person) for person in data["persons"]]
    persons[1]["contact"] = {"name": PERSON_NAME, "email": PERSON_EMAIL}
    return {**data, "persons": persons}


async def test_canaries_are_in_no_event_key_header_log_span_metric_or_answer(platform: Platform, capfd: pytest.CaptureFixture[str]) -> None:
    answer = await platform.hand_in(planted(), id_="canary-1")
    case = answer.json()["id"]
    await served(platform, case)
    assert NAME in json.dumps(await platform.ask("intake", "GET", f"/v1/cases/{case}"))

    seen = {
        f"{record.topic}/{record.partition}@{record.offset}": repr((record.key, record.value, record.headers))
        for record in await everything_in_the_log(platform)
    }
    seen = {place: text for place, text in seen.items() if "party.contact-changed" not in place}
    seen |= {f"metrics of {name}": exposition(platform.services[name]).decode() for name in platform.services}
    seen["spans"] = " ".join(span.to_json() for span in platform.spans.get_finished_spans())
    seen["logs"] = "".join(capfd.readouterr())
    seen["timeline"] = json.dumps(await platform.timeline(case))
    seen["messages"] = json.dumps(await platform.ask("notifications", "GET", "/v1/messages", params={"case": case}))
    seen["answer"] = answer.text
    records = [await platform.processing_records(name) for name in ("intake", "notifications")]
    seen["processing records"] = json.dumps(records)
    stores = {name: platform.services[name].blueprint.settings.sqlite_path for name in ("scheduling", "reporting")}
    seen |= {f"{path.name}": str(path.read_bytes()) for store in stores.values() for path in store.parent.glob(f"{store.name}*")}

    assert {"scheduling.sqlite", "reporting.sqlite"} <= seen.keys()
    assert [len(one) for one in records] == [6, 1 + len(platform.letters)]

    assert len(seen) > 20
    assert {place: marker for place, text in seen.items() for marker in MARKERS if marker in text.lower()} == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"language": "zebrafinch"},
        {"contact": {"name": NAME, "email": "zebrafinch"}},
        {"zebrafinch": 1},
        {"persons": [{"number": "zebrafinch"}]},
    ],
)
async def test_a_refusal_repeats_nothing_of_what_was_sent(
    platform: Platform, capfd: pytest.CaptureFixture[str], broken: dict[str, object]
) -> None:
    answer = await platform.hand_in({**planted(), **broken})
    unknown = await platform.clients["intake"].get("/v1/cases/zebrafinch", auth=platform.badge)

    assert (answer.status_code, unknown.status_code) == (400, 400)
    assert "zebrafinch" not in answer.text.lower().replace("/data/zebrafinch", "")
    assert "zebrafinch" not in unknown.text.lower()
    assert "zebrafinch" not in "".join(capfd.readouterr()).lower()
