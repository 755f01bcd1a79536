"""`GET /v1/submissions/{id}`: how far a submission is, for the partner that handed it in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from common.blueprint import Context
from common.events.base import Code, Language
from common.events.case import Status
from common.http import View
from intake.api.documented import SIGNED
from intake.api.events import log_refusal
from intake.api.partners import Partnered, partners
from intake.domain.case import Case
from intake.gateway.admission import Gate
from intake.gateway.refusal import Refused
from intake.ports import Ports

STATUS_TEXT = """\
Status and reasons only, no personal data. Signed like an event with an empty body, and with the submission's id as `webhook-id`: the
signature is good for this one submission and for five minutes. Or with a token that
names the partner. Whoever did not hand it in gets the same 404 as for an unknown id.
"""


class Reason(View):
    """Why, as a code and in words."""

    code: Code
    text: str


class Submitted(View):
    """How far a submission is."""

    id: UUID
    kind: Literal["case", "contact"]
    status: Status | Literal["registered"]
    result: Code | None = None
    received_at: datetime
    reasons: Sequence[Reason] = ()


def reasons_of(case: Case, ports: Ports, language: Language) -> Sequence[Reason]:
    """The reasons of the last decision about a case, in words."""
    codes = case.reasons or (case.screened.reasons if case.screened is not None else ())
    words = ports.region.eligibility.reasons
    return [Reason(code=code, text=words.get(code, {}).get(language, code)) for code in codes]


def submission_routes(context: Context, ports: Ports, gate: Gate) -> APIRouter:
    """The route of the status address."""
    router, door = APIRouter(tags=["partners"]), Partnered("submissions:read")

    @router.get(
        "/v1/submissions/{submission_id}",
        response_model=Submitted,
        summary="How far a submission is",
        description=STATUS_TEXT,
        openapi_extra={"parameters": SIGNED},
        dependencies=[partners(door)],
    )
    async def read_submission(submission_id: UUID, request: Request, language: Language = "en") -> Submitted | Response:
        try:
            partner = _asking(gate, request, submission_id, await door.bearer(request))
            return await _submitted(submission_id, partner, ports, language)
        except Refused as refused:
            log_refusal(context, refused)
            return refused.answer()

    return router


def _asking(gate: Gate, request: Request, submission_id: UUID, bearer: str | None) -> str:
    partner, signed_id = gate.know(request.headers, b"", bearer)
    if signed_id is not None and signed_id != str(submission_id):
        raise Refused(401, "signature", "The signature is for another submission.", partner=partner.id)
    return partner.id


async def _submitted(submission_id: UUID, partner: str, ports: Ports, language: Language) -> Submitted:
    case = await ports.cases.get(submission_id)
    if case is not None and case.partner_id == partner:
        return Submitted(
            id=case.id,
            kind="case",
            status=case.status,
            result=case.result,
            received_at=case.received_at,
            reasons=reasons_of(case, ports, language),
        )
    contact = await ports.contacts.get(submission_id)
    if contact is None or contact.partner_id != partner:
        raise Refused(404, "not_found", "There is no such submission.", partner=partner)
    return Submitted(id=contact.id, kind="contact", status="registered", received_at=contact.received_at)
