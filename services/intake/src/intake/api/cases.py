"""What case workers can see and do: cases, documents, permit decisions, citizen service numbers, withdrawal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from common.access.guard import Known, allowed
from common.access.reading import route_under
from common.access.tokens import Caller
from common.blueprint import Context
from common.errors import NotFound
from common.events.base import Code, Language, Message
from common.events.case import Status
from common.http import Body, Day
from common.terms import Listed, Within
from intake.api.views import CasePage, CaseView, summary_of, view_of
from intake.domain.case import Attention, Case
from intake.domain.messages import HeldDocument, RecordBsnIssued, RecordDocuments, RecordPermitDecision, WithdrawCase
from intake.domain.submission import PersonNumber
from intake.ports import Ports


class Documents(Body):
    """Documents that persons have shown."""

    documents: list[HeldDocument] = Field(min_length=1, max_length=100)


class PermitDecisionBody(Body):
    """What the immigration service has decided about a person."""

    person: PersonNumber
    applied_on: Annotated[Day, Within("applied_on")]
    decided_on: Annotated[Day, Within("decided_on")]
    granted: bool


class BsnIssuedBody(Body):
    """That a person has got a citizen service number, and when; the number itself has no place here."""

    person: PersonNumber
    issued_on: Annotated[Day, Within("issued_on")]


class Withdrawal(Body):
    """Why a case is withdrawn."""

    reason_code: Annotated[Code, Listed("withdrawal_reasons")] = "client_request"


LOOKED_THROUGH = 500  # cases at a time
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=100)]


class CaseDesk:
    """What each route does, for the cases in which an organisation of the caller has something to do."""

    def __init__(self, context: Context, ports: Ports) -> None:
        self._context, self._ports = context, ports
        self._read = context.reading("case_read")

    async def list_cases(
        self,
        caller: Known,
        status: Status | None = None,
        attention: Attention | None = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> CasePage:
        """One page of cases, the newest first; with `attention`, those in which nothing goes on until somebody has looked."""
        if caller.of_all:
            cases, total = await self._ports.cases.page(status, attention, page, page_size)
        else:
            within = await self._within_reach(caller, status, attention)
            cases, total = within[(page - 1) * page_size :][:page_size], len(within)
        return CasePage(cases=[summary_of(case) for case in cases], page=page, page_size=page_size, total=total)

    async def read(self, caller: Known, case_id: UUID, language: Language = "en") -> CaseView:
        """A case with everything that is known of it; reasons in the language asked for."""
        case = await self._case(caller, case_id)
        await self._read(case.subjects())
        return view_of(case, self._ports, language)

    async def record_documents(self, caller: Known, case_id: UUID, body: Documents) -> CaseView:
        """Documents that have been shown; a case that waited for them goes on."""
        return await self._change(caller, case_id, RecordDocuments(case_id=case_id, documents=body.documents))

    async def record_permit_decision(self, caller: Known, case_id: UUID, body: PermitDecisionBody) -> CaseView:
        """A decision on a person's permit; it may complete the case."""
        return await self._change(caller, case_id, RecordPermitDecision(case_id=case_id, **body.model_dump()))

    async def record_bsn_issued(self, caller: Known, case_id: UUID, body: BsnIssuedBody) -> CaseView:
        """That a person has got a citizen service number, and when; never the number. Possible after the case is completed too."""
        return await self._change(caller, case_id, RecordBsnIssued(case_id=case_id, **body.model_dump()))

    async def withdraw(self, caller: Known, case_id: UUID, body: Withdrawal) -> CaseView:
        """The client does not want it any more: the case is closed and its visit cancelled."""
        return await self._change(caller, case_id, WithdrawCase(case_id=case_id, reason_code=body.reason_code))

    async def _change(self, caller: Caller, case_id: UUID, command: Message) -> CaseView:
        await self._case(caller, case_id)
        await self._context.ask(command)
        return await self.read(caller, case_id)

    async def _case(self, caller: Caller, case_id: UUID) -> Case:
        case = await self._ports.cases.get(case_id)
        if case is None or not self._concerns(caller, case):
            raise NotFound("There is no such case.")
        return case

    def _concerns(self, caller: Caller, case: Case) -> bool:
        region = self._ports.region
        day = region.local_day(case.received_at)
        return caller.of({region.product(formality.product, day).organisation for formality in case.formalities})

    async def _within_reach(self, caller: Caller, status: Status | None, attention: Attention | None) -> list[Case]:
        """Looks through all cases, since no index says whose desks a case needs."""
        within, page = [], 1
        while True:
            cases, total = await self._ports.cases.page(status, attention, page, LOOKED_THROUGH)
            within += [case for case in cases if self._concerns(caller, case)]
            if page * LOOKED_THROUGH >= total:
                return within
            page += 1


def case_routes(context: Context, ports: Ports) -> APIRouter:
    """The routes over cases."""
    desk, region = CaseDesk(context, ports), ports.region
    route = route_under(lambda: region.terms(region.local_day(context.clock.now())))
    router = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=route)
    read, write = [allowed("cases:read")], [allowed("cases:write")]
    router.get("", summary="List cases, the newest first", dependencies=[allowed("cases:list")])(desk.list_cases)
    router.get("/{case_id}", summary="Read a case", dependencies=read)(desk.read)
    router.post("/{case_id}/documents", summary="Record documents that have been shown", dependencies=write)(desk.record_documents)
    router.post("/{case_id}/permit-decisions", summary="Record a permit decision", dependencies=write)(desk.record_permit_decision)
    router.post("/{case_id}/bsn-issued", summary="Record that a citizen service number was issued", dependencies=write)(
        desk.record_bsn_issued
    )
    router.post("/{case_id}/withdraw", summary="Withdraw a case", dependencies=write)(desk.withdraw)
    return router
