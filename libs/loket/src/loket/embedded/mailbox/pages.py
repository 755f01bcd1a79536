"""The pages and the JSON of the mailbox."""

from collections.abc import Mapping
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loket.embedded.mailbox.inbox import KEPT, Inbox, Mail
from loket.embedded.mailbox.reading import read, summarise

PAGE = 50
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined)


class Pages:
    """What a browser and a test can ask of an inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def app(self) -> Starlette:
        routes = {
            "/": self.home,
            "/health/ready": self.ready,
            "/mailbox": self.list,
            "/mailbox.json": self.list_json,
            "/mailbox/{number:int}": self.show,
            "/mailbox/{number:int}.json": self.show_json,
            "/mailbox/{number:int}/calendar/{index:int}": self.calendar,
        }
        return Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()])

    async def home(self, _: Request) -> Response:
        return RedirectResponse("/mailbox")

    async def ready(self, _: Request) -> Response:
        return PlainTextResponse("ready")

    async def list(self, request: Request) -> Response:
        to, offset = request.query_params.get("to", ""), _whole(request.query_params, "offset", 0, self._inbox.count)
        found = self._inbox.newest(to, PAGE + 1, offset)
        return _page(
            "list.html",
            count=self._inbox.count,
            kept=len(self._inbox),
            to=to,
            mails=[summarise(mail) for mail in found[:PAGE]],
            newer=max(0, offset - PAGE) if offset else None,
            older=offset + PAGE if len(found) > PAGE else None,
        )

    async def list_json(self, request: Request) -> Response:
        """Newest first; `to`, `limit` (100 unless given) and `offset` choose."""
        limit, offset = (_whole(request.query_params, name, default, KEPT) for name, default in (("limit", 100), ("offset", 0)))
        mails = self._inbox.newest(request.query_params.get("to", ""), limit, offset)
        return _json(
            {"count": self._inbox.count, "kept": len(self._inbox), "mails": [summarise(mail).model_dump(by_alias=True) for mail in mails]}
        )

    async def show(self, request: Request) -> Response:
        return _page("mail.html", mail=read(self._asked(request)))

    async def show_json(self, request: Request) -> Response:
        return _json(read(self._asked(request)).model_dump(by_alias=True))

    async def calendar(self, request: Request) -> Response:
        calendars, index = read(self._asked(request)).calendars, request.path_params["index"]
        if index >= len(calendars):
            raise HTTPException(404, "This mail has no such calendar.")
        attachment = {"Content-Disposition": f'attachment; filename="mail-{request.path_params["number"]}.ics"'}
        return Response(calendars[index], media_type="text/calendar", headers=_HEADERS | attachment)

    def _asked(self, request: Request) -> Mail:
        mail = self._inbox.find(request.path_params["number"])
        if mail is None:
            raise HTTPException(404, "There is no such mail: it never came, or it was among the oldest and made room.")
        return mail


def _whole(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    said = query.get(name, str(default))
    if not (said.isascii() and said.isdecimal()) or len(said) > len(str(KEPT)) + 1:
        raise HTTPException(400, f"{name} must be a whole number.")
    return min(int(said), most)


def _page(template: str, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), headers=_HEADERS)


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json", headers=_HEADERS)
