"""The HTTP side of intake: the partner gateway and the routes of staff."""

from datetime import timedelta

from fastapi import APIRouter

from common.blueprint import Context
from intake.api.cases import case_routes
from intake.api.events import event_routes
from intake.api.submissions import submission_routes
from intake.domain.region import Rate
from intake.gateway.admission import Gate
from intake.gateway.limits import Pace
from intake.gateway.signature import Authentication, KeyFiles
from intake.ports import Ports
from intake.settings import Settings

__all__ = ["routes"]


def routes(context: Context, ports: Ports, settings: Settings) -> APIRouter:
    """Every route of intake."""
    partners = {partner.id: partner for partner in ports.region.partners}
    keys = KeyFiles(settings.partner_secrets_path, partners)
    authentication = Authentication(keys, context.clock, timedelta(seconds=settings.signature_window_seconds))
    pace = Pace(partners, Rate(per_second=settings.partner_events_per_second, burst=settings.partner_burst))
    gate = Gate(ports.region, authentication, pace, context.clock, settings.events_per_batch)
    router = APIRouter()
    router.include_router(event_routes(context, gate, settings.body_limit_bytes))
    router.include_router(submission_routes(context, ports, gate))
    router.include_router(case_routes(context, ports))
    return router
