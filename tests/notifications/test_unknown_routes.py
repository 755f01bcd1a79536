"""Letters of which nobody knows whether they left, many at once over HTTP: what is found, what staff decide, and what stays as it is."""

from typing import Any

from tests.notifications.conftest import Scene
from tests.notifications.test_api import NOBODY, calling

from common.ids import derived
from common.testing.issuer import Badge
from notifications.domain import Delivery, Outcome, State, Template

LIST = "/v1/unknown-messages"


async def lose(scene: Scene, *events: Any) -> None:
    """Hand letters over to a provider that gives no answer."""
    scene.mailer.answers = [Delivery(Outcome.UNKNOWN, "timeout") for _ in events]
    await scene.hear(*events)


def chosen(*ids: Any, why: str = "twice_is_harmless") -> dict[str, Any]:
    return {"messageIds": [str(id_) for id_ in ids], "reasonCode": why}


async def test_they_are_found_by_time_template_reason_and_case(reachable: Scene) -> None:
    await lose(reachable, reachable.created(), reachable.closed(), reachable.created(case_id=derived("another")))
    async with calling(reachable) as client:

        async def total(query: str) -> int:
            return (await client.get(f"{LIST}?{query}")).json()["total"]

        assert await total("") == 3
        assert await total("template=case_closed") == 1
        assert await total(f"case={reachable.case}&reason=timeout") == 2
        assert await total("reason=no_outcome") == 0
        assert await total("since=2026-11-16T11:00:00Z&until=2026-11-16T11:00:01Z") == 3
        assert await total("until=2026-11-16T11:00:00Z") == 0
        assert len((await client.get(f"{LIST}?pageSize=2&page=2")).json()["items"]) == 1


async def test_they_are_sent_again_once_however_often_that_is_asked(reachable: Scene) -> None:
    await lose(reachable, reachable.created(), reachable.closed())
    ids = [message.id for message in await reachable.all()]
    async with calling(reachable) as client:
        first = (await client.post(f"{LIST}/send-again", json=chosen(*ids, derived("none")))).json()
        again = (await client.post(f"{LIST}/send-again", json=chosen(*ids))).json()
    await reachable.stage.settle()

    assert [one["decision"] for one in first["changed"]] == ["twice_is_harmless"] * 2
    assert [one["messageId"] for one in first["refused"]] == [str(derived("none"))]
    assert (again["changed"], len(again["refused"])) == ([], 2)
    assert {message.state for message in await reachable.all()} == {State.SENT}
    assert len(reachable.mailer.letters) == 4


async def test_what_has_arrived_counts_as_sent_and_everybody_is_told(reachable: Scene) -> None:
    await lose(reachable, reachable.created())
    message = await reachable.message(Template.SUBMISSION_RECEIVED)
    async with calling(reachable) as client:
        answer = (await client.post(f"{LIST}/mark-sent", json=chosen(message.id, why="provider_has_it"))).json()
    await reachable.stage.settle()

    assert answer["changed"][0]["state"] == "sent"
    assert [event.message_id for event in reachable.told("sent")] == [message.id]
    assert len(reachable.mailer.letters) == 1


async def test_who_may_not_or_gives_no_reason_of_the_list_changes_nothing(reachable: Scene) -> None:
    await lose(reachable, reachable.created())
    id_ = (await reachable.message(Template.SUBMISSION_RECEIVED)).id
    limited = Badge(reachable.clock, "case-worker", organisations=["municipality"])
    async with calling(reachable) as client:
        assert (await client.get(LIST, headers=NOBODY)).status_code == 401
        assert (await client.get(LIST, auth=Badge(reachable.clock, "ops"))).status_code == 200
        assert (await client.get(LIST, auth=limited)).json()["total"] == 0
        assert (await client.post(f"{LIST}/send-again", json=chosen(id_), auth=Badge(reachable.clock, "ops"))).status_code == 403
        assert (await client.post(f"{LIST}/send-again", json=chosen(id_), auth=limited)).json()["changed"] == []
        for body in (chosen(id_, why="Jan Jansen asked"), chosen(), chosen(*[id_] * 201), {"messageIds": [str(id_)]}):
            refused = await client.post(f"{LIST}/mark-sent", json=body)
            assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
            assert "Jansen" not in refused.text

    assert (await reachable.message(Template.SUBMISSION_RECEIVED)).state is State.UNKNOWN
