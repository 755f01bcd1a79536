"""`loket lanes` against services that answer as the four do, one of which may be down."""

from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from loket.__main__ import app
from loket.errors import LoketError

SAME = "3f2a6c00-7f7a-5d0e-9a53-1f0a3c2b4d5e"
OTHER = "77aa6c00-7f7a-5d0e-9a53-1f0a3c2b4d5e"
URLS = [word for name in ("intake", "scheduling", "notifications", "reporting") for word in ("--url", f"{name}=https://{name}.example.org")]


class Services:
    """The same record in quarantine of two services, and a step of one; one service is down."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.down = ""

    def request(self, method: str, url: str, *, headers: Any, **_how: Any) -> httpx.Response:
        assert headers["authorization"] == "Bearer given"
        service, _, path = url.removeprefix("https://").partition(".example.org")
        if service == self.down:
            raise httpx.ConnectError("refused")
        if method == "POST":
            self.asked.append((service, path))
            return httpx.Response(200, json={"state": "resumed", "waiting": 0})
        lane = {"parkedAt": "2026-12-01T09:00:00Z", "attempts": 1, "waiting": 1, "records": [], "trace": "", "name": "x", "state": "parked"}
        bad = lane | {"laneId": SAME, "kind": "quarantine", "error": "Malformed", "reason": "wrong schema at caseId"}
        step = lane | {"laneId": OTHER, "kind": "steps", "error": "KeyError", "reason": ""}
        return httpx.Response(200, json={"scheduling": [bad, step], "reporting": [bad]}.get(service, []))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setattr(httpx, "request", made.request)
    return made


def loket(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["lanes", *arguments, *URLS, "--token", "given"])


def test_the_list_names_service_and_reason_and_goes_on_where_one_is_down(services: Services) -> None:
    services.down = "intake"

    shown = loket("list")

    assert shown.exit_code == 2
    assert "intake does not answer" in shown.output
    for word in ("scheduling/3f2a6c00-7f7", "reporting/3f2a6c00-7f7", "wrong schema at caseId"):
        assert word in shown.output


def test_a_record_that_two_services_hold_is_named_with_its_service(services: Services) -> None:
    both = loket("redrive", SAME[:8])
    assert isinstance(both.exception, LoketError)
    assert f"reporting/{SAME}" in str(both.exception)

    assert loket("redrive", f"reporting/{SAME[:8]}").exit_code == 0
    assert services.asked == [("reporting", f"/v1/lanes/{SAME}/redrive")]


def test_all_of_one_cause_are_redriven_after_a_look(services: Services) -> None:
    assert "Nothing was changed." in loket("redrive", "--all", "--error", "Malformed", "--dry-run").output
    assert services.asked == []

    assert loket("redrive", "--all", "--error", "Malformed").exit_code == 0
    assert {service for service, _ in services.asked} == {"scheduling", "reporting"}
    assert isinstance(loket("redrive").exception, LoketError)  # nobody was named


def test_a_step_is_given_up_with_its_reason_and_a_breaker_is_reset(services: Services) -> None:
    assert loket("discard", f"scheduling/{OTHER}", "--reason", "cannot_be_mended", "--yes").exit_code == 0
    assert loket("reset-breaker", "scheduling").exit_code == 0

    assert services.asked == [("scheduling", f"/v1/lanes/{OTHER}/discard?reason=cannot_be_mended"), ("scheduling", "/v1/breaker/reset")]
