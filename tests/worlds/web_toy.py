"""A toy service with routes that go wrong in every way."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from chassis import Make, Thing, new
from fastapi import APIRouter
from pydantic import Field
from starlette.exceptions import HTTPException
from toy_service import blueprint

from common.blueprint import Blueprint
from common.errors import Conflict, Contended, NotFound, Rejected, Unavailable
from common.http import Body, View
from common.subscribing import on


class Wish(Body):
    person_count: int = Field(ge=1, le=9)
    case_id: Annotated[UUID, Field(strict=False)]
    words: list[str] = Field(default_factory=list)


class Echo(View):
    case_id: UUID


def routes(context: Any, ports: Any) -> APIRouter:
    router = APIRouter(prefix="/v1")
    troubles = {
        "rejected": Rejected("Against the rules."),
        "not-found": NotFound("Not here."),
        "conflict": Conflict("Against the state."),
        "unavailable": Unavailable("Postgres at 10.0.0.1 said canary"),
        "contended": Contended("busy"),
        "bug": KeyError("canary"),
        "forbidden": HTTPException(403, "Not for you."),
    }

    @router.get("/trouble/{kind}")
    async def trouble(kind: str) -> None:
        raise troubles[kind]

    @router.post("/wishes")
    async def wish(body: Wish) -> Echo:
        return Echo(case_id=body.case_id)

    @router.post("/things")
    async def make() -> Echo:
        made = await context.ask(Make(id=new()))
        return Echo(case_id=made.id)

    return router


async def make_thing(message: Make, ports: Any) -> Thing:
    return Thing(id=message.id)


def made(**parts: Any) -> Blueprint[Any]:
    toy = blueprint("127.0.0.1:1", "", Path("nowhere"), trace_ratio=1, log_level="debug")
    object.__setattr__(toy, "routes", routes)
    object.__setattr__(toy, "commands", (on(Make, make_thing),))
    for name, part in parts.items():
        object.__setattr__(toy, name, part)
    return toy
