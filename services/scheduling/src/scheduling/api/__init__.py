"""The HTTP side of scheduling: what desks see and do; every route asks for the staff secret."""

from fastapi import APIRouter, Depends

from common.service import Context
from scheduling.api.attending import attending_routes
from scheduling.api.closures import closure_routes
from scheduling.api.desks import desk_routes
from scheduling.api.visits import visit_routes
from scheduling.ports import Ports
from scheduling.region import Region


def routes(context: Context, ports: Ports, region: Region) -> APIRouter:
    """All routes of scheduling."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(context.staff)])
    router.include_router(desk_routes(ports, region))
    router.include_router(visit_routes(context, ports))
    router.include_router(attending_routes(context, ports))
    router.include_router(closure_routes(context, ports, region))
    return router
