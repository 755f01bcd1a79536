"""Every refusal is a problem document (RFC 9457) that names all faults and repeats no input."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from common.errors import Conflict, NotFound, Rejected, Unavailable

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not right",
    401: "Who asks is not known",
    403: "Not allowed",
    404: "Not found",
    405: "Not allowed here",
    408: "Too slow",
    409: "Against the present state",
    413: "Too large",
    415: "Not a media type we take",
    429: "Too many requests",
    500: "We made a mistake",
    503: "Not available now",
}


MISTAKE = "Something went wrong on our side; it has been logged."


class Fault(tuple[str, str]):
    """A JSON Pointer (RFC 6901) into the body, and a sentence that does not repeat what stands there."""

    __slots__ = ()

    def __new__(cls, pointer: str, sentence: str) -> Self:
        return super().__new__(cls, (pointer, sentence))


def problem(status: int, detail: str, faults: Sequence[tuple[str, str]] = (), headers: dict[str, str] | None = None) -> Response:
    """An answer in `application/problem+json`."""
    body: dict[str, Any] = {"type": "about:blank", "title": TITLES.get(status, "Not possible"), "status": status, "detail": detail}
    if faults:
        body["errors"] = [{"pointer": pointer, "detail": sentence} for pointer, sentence in faults]
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def pointer(path: Iterable[str | int]) -> str:
    """A path as JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def answer_problems(app: FastAPI) -> None:
    """Let every refusal of `app` leave as a problem document; bugs are answered at the edge (`common.web`)."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Unavailable, _unavailable)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(found["type"], found["loc"], str(found["msg"])) for found in error.errors()]
    return problem(400, f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the request.", faults)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _rejected(_request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 400
    return problem(status, str(error))


async def _unavailable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unavailable)
    return problem(
        503, "Not possible at the moment; please try again.", headers={"Retry-After": str(max(1, round(error.retry_after.total_seconds())))}
    )


def _fault(kind: str, location: Sequence[str | int], sentence: str) -> tuple[str, str]:
    """A field that is not known is named by the place around it: its name is what the caller wrote, and may say anything."""
    return (_place(location[:-1]), "holds a field that is not known here") if kind == "extra_forbidden" else (_place(location), sentence)


def _place(location: Sequence[str | int]) -> str:
    where, *path = location
    return pointer(path) if where == "body" else f"{where}:{'.'.join(str(part) for part in path)}"
