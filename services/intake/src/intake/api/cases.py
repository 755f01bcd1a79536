"""What staff can see and do: cases, documents, permit decisions, citizen service numbers, withdrawal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, Field

from common.errors import NotFound, Rejected
from common.events.base import Code, Language, Message
from common.events.case import Status
from common.http import Body, Day
from common.service import Context
from intake.api.views import CasePage, CaseView, summary_of, view_of
from intake.domain.messages import HeldDocument, RecordBsnIssued, RecordDocuments, RecordPermitDecision, WithdrawCase
from intake.domain.submission import PersonNumber
from intake.ports import Ports


class Documents(Body):
    """Documents that persons have shown."""

    documents: list[HeldDocument] = Field(min_length=1, max_length=100)


class PermitDecisionBody(Body):
    """What the immigration service has decided about a person."""

    person: PersonNumber
    applied_on: Day
    decided_on: Day
    granted: bool


class BsnIssuedBody(Body):
    """That a person has got a citizen service number, and when; the number itself has no place here."""

    person: PersonNumber
    issued_on: Day


class Withdrawal(Body):
    """Why a case is withdrawn."""

    reason_code: Code = "client_request"


PageNumber = Annotated[int, Query(ge=1, le=100_000)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=100)]


def case_routes(context: Context, ports: Ports) -> APIRouter:
    """The routes of staff, all behind the staff secret."""
    router = APIRouter(prefix="/v1/cases", tags=["staff"], dependencies=[Depends(context.staff)])

    async def change(case_id: UUID, command: Message) -> CaseView:
        await context.ask(command)
        return await read(case_id)

    async def read(case_id: UUID, language: Language = "en") -> CaseView:
        case = await ports.cases.get(case_id)
        if case is None:
            raise NotFound("There is no such case.")
        return view_of(case, ports, language)

    @router.get("", summary="List cases, the newest first")
    async def list_cases(status: Status | None = None, page: PageNumber = 1, page_size: PageSize = 50) -> CasePage:
        cases, total = await ports.cases.page(status, page, page_size)
        return CasePage(cases=[summary_of(case) for case in cases], page=page, page_size=page_size, total=total)

    router.get("/{case_id}", summary="Read a case")(read)

    @router.post("/{case_id}/documents", summary="Record documents that have been shown")
    async def record_documents(case_id: UUID, body: Documents) -> CaseView:
        _refuse_unlisted(body, ports)
        return await change(case_id, RecordDocuments(case_id=case_id, documents=tuple(body.documents)))

    @router.post("/{case_id}/permit-decisions", summary="Record a permit decision")
    async def record_permit_decision(case_id: UUID, body: PermitDecisionBody) -> CaseView:
        return await change(case_id, RecordPermitDecision(case_id=case_id, **body.model_dump()))

    @router.post("/{case_id}/bsn-issued", summary="Record that a citizen service number was issued")
    async def record_bsn_issued(case_id: UUID, body: BsnIssuedBody) -> CaseView:
        return await change(case_id, RecordBsnIssued(case_id=case_id, **body.model_dump()))

    @router.post("/{case_id}/withdraw", summary="Withdraw a case")
    async def withdraw(case_id: UUID, body: Withdrawal) -> CaseView:
        return await change(case_id, WithdrawCase(case_id=case_id, reason_code=body.reason_code))

    return router


def _refuse_unlisted(body: Documents, ports: Ports) -> None:
    if {held.document_type for held in body.documents} - ports.region.codes.document_types:
        raise Rejected("A type of document is not in the list of this region.")
