"""`loket letters unknown` against a service that answers as notifications does."""

from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from loket.__main__ import app

CASE = "0b6f5c1e-7f7a-5d0e-9a53-1f0a3c2b4d5e"


class Notifications:
    """Holds unknown letters; the last of them cannot be changed."""

    def __init__(self, letters: int) -> None:
        self.letters = [f"{number:08}-0000-5000-8000-000000000000" for number in range(letters)]
        self.asked: list[tuple[str, str, Any]] = []

    def request(self, method: str, url: str, *, headers: Any, params: Any, json: Any, **_how: Any) -> httpx.Response:
        assert headers["authorization"] == "Bearer given"
        self.asked.append((method, url, json or params))
        if method == "GET":
            start = (int(params["page"]) - 1) * int(params["pageSize"])
            items = [
                {"messageId": id_, "template": "case_closed", "requestedAt": "2026-11-16T11:00:00Z", "attempt": 1}
                | {"reasonCode": "no_outcome", "caseId": CASE}
                for id_ in self.letters[start:][: int(params["pageSize"])]
            ]
            return httpx.Response(200, json={"items": items, "total": len(self.letters)})
        stays = self.letters[-1]
        refused = [{"messageId": id_, "detail": "stays"} for id_ in json["messageIds"] if id_ == stays]
        return httpx.Response(200, json={"changed": [id_ for id_ in json["messageIds"] if id_ != stays], "refused": refused})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Notifications:
    made = Notifications(201)
    monkeypatch.setattr(httpx, "request", made.request)
    return made


def loket(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["letters", "unknown", *arguments, "--url", "https://letters.example.org/", "--token", "given"])


def test_they_are_listed_page_by_page_with_what_was_asked_for(service: Notifications) -> None:
    shown = loket("list", "--template", "case_closed", "--since", "2026-11-16T11:00:00", "--cause", "no_outcome")

    assert shown.exit_code == 0
    assert "201 letters are unknown" in shown.stdout
    assert service.letters[-1] in shown.stdout
    assert [asked[2]["page"] for asked in service.asked] == ["1", "2"]
    assert service.asked[0][1] == "https://letters.example.org/v1/unknown-messages"
    asked = service.asked[0][2]
    assert (asked["template"], asked["since"], asked["reason"]) == ("case_closed", "2026-11-16T11:00:00+00:00", "no_outcome")


@pytest.mark.parametrize("deed", ["send-again", "mark-sent"])
def test_a_deed_wants_a_reason_is_tried_dry_and_says_what_it_did(service: Notifications, deed: str) -> None:
    assert loket(deed).exit_code == 2
    dry = loket(deed, "--reason", "provider_has_it", "--dry-run")
    assert "Nothing was changed" in dry.stdout
    assert {method for method, _, _ in service.asked} == {"GET"}

    done = loket(deed, "--reason", "provider_has_it")

    assert f"{deed}: 200 done, 1 refused." in done.stdout
    posts = [body for method, url, body in service.asked if method == "POST" and url.endswith(deed)]
    assert [(len(body["messageIds"]), body["reasonCode"]) for body in posts] == [(200, "provider_has_it"), (1, "provider_has_it")]
