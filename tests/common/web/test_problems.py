"""Every refusal is a problem document, every answer has its headers."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from chassis import new

from common.problems import TITLES


@pytest.mark.parametrize(
    ("kind", "status", "detail"),
    [
        ("rejected", 400, "Against the rules."),
        ("not-found", 404, "Not here."),
        ("conflict", 409, "Against the state."),
        ("unavailable", 503, "Not possible at the moment; please try again."),
        ("contended", 503, "Not possible at the moment; please try again."),
        ("forbidden", 403, "Not for you."),
        ("bug", 500, "Something went wrong on our side; it has been logged."),
    ],
)
async def test_every_kind_of_error_leaves_as_a_problem_document(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], kind: str, status: int, detail: str
) -> None:
    answer = await client.get(f"/v1/trouble/{kind}")

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    assert ("retry-after" in answer.headers) == (status == 503)
    printed = "".join(capsys.readouterr())
    assert "canary" not in printed
    assert "canary" not in answer.text


@pytest.mark.parametrize("path", ["/v1/trouble/bug", "/v1/trouble/rejected", "/nowhere", "/health/live", "/v1/lanes", "/openapi.json"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    for name, value in {
        "api-version": "1.0.0",
        "cache-control": "no-store",
        "content-security-policy": "frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000",
    }.items():
        assert answer.headers[name] == value
        assert answer.headers.get_list(name) == [value]


async def test_a_bug_is_logged_with_its_class_and_place(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    await client.get("/v1/trouble/bug")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [bug] = [line for line in lines if line["event"] == "bug"]
    assert (bug["error"], bug["level"]) == ("KeyError", "error")
    assert bug["at"].startswith("web_toy.py:")
    [access] = [line for line in lines if line["event"] == "request"]
    assert (access["route"], access["status"], access["level"]) == ("/v1/trouble/{kind}", 500, "error")


async def test_all_faults_of_a_body_are_named_at_once_by_json_pointer_and_repeat_no_input(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/wishes", json={"personCount": 70, "caseId": "canary", "words": ["a", 5], "person_count": 1})

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/personCount",
        "/caseId",
        "/words/1",
        "",
    ]  # what is not known is not named
    assert "canary" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":', b"\xff\xfe", b"[]"])
async def test_a_body_that_is_no_json_object_is_a_fault(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/wishes", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1024


@pytest.mark.parametrize("content", [b" " * (256 * 1024 + 1), pytest.param(257, id="without a length")])
async def test_a_body_that_is_too_long_is_refused_before_it_is_read_whole(client: httpx.AsyncClient, content: bytes | int) -> None:
    answer = await client.post("/v1/wishes", content=content if isinstance(content, bytes) else chunks(content))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/nowhere")).json()["status"] == 404
    assert (await client.delete("/v1/wishes")).json()["status"] == 405
    assert (await client.get("/v1/lanes/")).status_code == 404


async def test_bodies_are_camel_case_both_ways(client: httpx.AsyncClient) -> None:
    case = new()

    answer = await client.post("/v1/wishes", json={"personCount": 2, "caseId": str(case)})

    assert answer.json() == {"caseId": str(case)}
