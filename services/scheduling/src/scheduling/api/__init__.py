"""The HTTP side of scheduling: what desks see and do, each within the locations and organisations that its token names."""

from fastapi import APIRouter

from common.blueprint import Context
from scheduling.api.attending import attending_routes
from scheduling.api.closures import closure_routes
from scheduling.api.desks import desk_routes
from scheduling.api.planning import planning_routes
from scheduling.api.reach import Reach
from scheduling.api.visits import visit_routes
from scheduling.ports import Ports
from scheduling.region import Region


def routes(context: Context, ports: Ports, region: Region) -> APIRouter:
    """All routes of scheduling."""
    router, reach = APIRouter(prefix="/v1"), Reach(ports, region)
    router.include_router(desk_routes(ports, region, reach))
    router.include_router(visit_routes(context, ports, reach))
    router.include_router(planning_routes(context, ports, region, reach))
    router.include_router(attending_routes(context, ports, reach))
    router.include_router(closure_routes(context, ports, region, reach))
    return router
