"""Brings cases that are older than the log up to date with what intake has told of them since.

The log holds no personal data, so a case that was handed in after the backup cannot be made again from it: its partner has to hand it in
once more, under the same id, which gives the same case.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from common.clock import Clock
from common.cloudevents import Received
from common.events.base import CaseEvent
from common.events.case import BsnIssued, CaseClosed, CaseCreated, CaseStatusChanged, PermitDecided
from common.restoring import rewrite
from common.store.port import Store
from intake.domain.case import Case
from intake.domain.messages import GiveUpWaiting
from intake.domain.progress import PermitDecision
from intake.domain.status import LAST

HEARD: tuple[type[CaseEvent], ...] = (CaseCreated, CaseStatusChanged, CaseClosed, BsnIssued, PermitDecided)


class RestoringCases:
    """Hears what was told of cases."""

    def __init__(self) -> None:
        self.topics: Sequence[str] = [event.topic for event in HEARD]
        self._told: dict[type[CaseEvent], dict[UUID, list[Any]]] = {event: {} for event in HEARD}

    def hear(self, received: Received) -> None:
        """Take note of one event."""
        event = received.event
        if isinstance(event, HEARD):
            self._told[type(event)].setdefault(event.case_id, []).append(event)

    async def restore(self, store: Store, clock: Clock) -> list[str]:  # noqa: ARG002 - others date what they restore
        """Close what was closed, and note what was issued and decided."""
        missing: Counter[str] = Counter()
        restored = 0
        for id_, (created, *_) in self._told[CaseCreated].items():
            case = await store.get(Case, id_)
            if case is None:
                missing[created.partner_id] += 1
                continue
            before = case.model_copy(deep=True)
            self._catch_up(case)
            if case != before:
                restored += 1
                await rewrite(store, case)
        partners = ", ".join(f"{partner} {count}" for partner, count in sorted(missing.items()))
        return [
            f"{restored} cases were brought up to date: closed, permits decided, numbers issued.",
            f"{missing.total()} cases were handed in since the store was backed up and are missing; ask for them again: {partners or '-'}.",
            "Documents that were recorded since are to be recorded again, and contacts that were registered.",
        ]

    def _catch_up(self, case: Case) -> None:
        case.bsn_issued |= {event.person: event.issued_on for event in self._told[BsnIssued].get(case.id, ())}
        known = {decision.person for decision in case.decisions}
        told = (event for event in self._told[PermitDecided].get(case.id, ()) if event.person not in known)
        case.decisions = (
            *case.decisions,
            *(PermitDecision.model_validate(event.model_dump(include=PermitDecision.model_fields.keys())) for event in told),
        )
        ended = [event for event in self._told[CaseStatusChanged].get(case.id, ()) if event.to_status in LAST]
        for closed in self._told[CaseClosed].get(case.id, ())[-1:]:
            if ended and not case.closed:
                case.forget(GiveUpWaiting)
                case.status, case.result = ended[-1].to_status, closed.result
                case.reasons, case.closed_at = closed.reason_codes, closed.occurred_at
