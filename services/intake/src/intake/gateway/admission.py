"""The gate itself: who may hand in what, and which command each event becomes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from common.clock import Clock
from common.cloudevents import TYPE_PREFIX
from common.ids import derived
from common.terms import Terms
from intake.domain.messages import RecordQuestion, RegisterContact, SubmitCase
from intake.domain.region import Partner, Region
from intake.domain.submission import CaseSubmitted, ContactMade, QuestionAsked
from intake.gateway.bsn import SENTENCE, may_hold_bsn, places_of_bsn
from intake.gateway.envelope import Handed, envelope_faults, take_apart
from intake.gateway.faults import Fault, crossing_faults, crowding_faults, fault, faults_of
from intake.gateway.limits import Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication

Command = SubmitCase | RecordQuestion | RegisterContact
Payload = CaseSubmitted | QuestionAsked | ContactMade

CASE_SUBMITTED = f"{TYPE_PREFIX}.case-submitted.v1"
QUESTION_ASKED = f"{TYPE_PREFIX}.question-asked.v1"
CONTACT_REGISTERED = f"{TYPE_PREFIX}.contact-registered.v1"
PAYLOADS: dict[str, TypeAdapter[Any]] = {
    CASE_SUBMITTED: TypeAdapter(CaseSubmitted),
    QUESTION_ASKED: TypeAdapter(QuestionAsked),
    CONTACT_REGISTERED: TypeAdapter(ContactMade),
}


@dataclass(frozen=True)
class Admitted:
    """Commands from a partner, in the order of its events."""

    partner: str
    commands: Sequence[Command]
    batch: bool


@dataclass(frozen=True)
class _Day:
    """What the region lists on one day, worked out once."""

    day: date
    terms: Terms
    products: Mapping[str, frozenset[str]]
    at_desks: frozenset[str]
    questions: Mapping[str, str]
    """The purpose of each type of case that is a question."""


class Gate:
    """Takes requests apart and lets through what is right in every respect; otherwise raises `Refused`."""

    def __init__(self, region: Region, authentication: Authentication, pace: Pace, clock: Clock, batch_most: int) -> None:
        self._region, self._authentication, self._pace, self._clock = region, authentication, pace, clock
        self._batch_most = batch_most
        self._partners = {partner.id: partner for partner in region.partners}
        self._today = self._listed(region.local_day(clock.now()))

    def admit(self, headers: Mapping[str, str], body: bytes, bearer: str | None = None) -> Admitted:
        """The commands that a request asks for, all or none; `bearer` is the partner that its token names, if it has one."""
        claimed = _claimed(headers, bearer)
        try:
            partner, signed_id = self.know(headers, body, bearer)
            handed, batch = take_apart(headers, body, self._batch_most)
            self._pace.take(claimed, len(handed) - 1)
            payloads = self._read(handed, None if batch else signed_id)
            _refuse_foreign(partner, handed, payloads)
            return Admitted(claimed, [self._command(partner, one, payload) for one, payload in zip(handed, payloads, strict=True)], batch)
        except Refused as refused:
            refused.partner = claimed if claimed in self._partners else "unknown"
            raise

    def expect(self, headers: Mapping[str, str], bearer: str | None = None) -> None:
        """Refuse a request by its headers alone, where they suffice: before anything of its body is kept."""
        claimed = _claimed(headers, bearer)
        try:
            self._pace.ask(claimed)
            if bearer is None:
                self._authentication.expect(claimed, headers)
            else:
                self._borne(headers, bearer)
        except Refused as refused:
            refused.partner = claimed if claimed in self._partners else "unknown"
            raise

    def know(self, headers: Mapping[str, str], body: bytes, bearer: str | None = None) -> tuple[Partner, str | None]:
        """The partner that has sent a request, and the id it has signed, if so; a request counts once it is known whose it is."""
        claimed = _claimed(headers, bearer)
        self._pace.ask(claimed)
        signed_id = None
        if bearer is None:
            signed_id = self._authentication.check(claimed, headers, body)
        else:
            self._borne(headers, bearer)
        self._pace.take(claimed, 1)
        return self._partners[claimed], signed_id

    def _borne(self, headers: Mapping[str, str], bearer: str) -> None:
        if bearer not in self._partners or headers.get("loket-partner", bearer) != bearer:
            raise Refused(401, "token", "The token is of no partner here, or of another than is named.")

    def _read(self, handed: Sequence[Handed], signed_id: str | None) -> list[Payload]:
        """The data of all events, or every fault of all of them."""
        day = self._region.local_day(self._clock.now())
        if day != self._today.day:
            self._today = self._listed(day)
        faults: list[Fault] = []
        if signed_id is not None and handed[0].attributes.get("id", signed_id) != signed_id:
            faults.append(("/id", "is not the id that was signed (webhook-id)"))
        faults += _repeated(handed)
        payloads = [self._read_one(one, faults) for one in handed]
        if faults:
            bsn = any(sentence == SENTENCE for _, sentence in faults)
            named = list(dict.fromkeys(faults))
            raise Refused(400, "bsn" if bsn else "faults", _summary(named, bsn), faults=named)
        return [payload for payload in payloads if payload is not None]

    def _read_one(self, handed: Handed, faults: list[Fault]) -> Payload | None:
        if may_hold_bsn(handed.searched):
            faults += _bsn_faults(handed)
        faults += envelope_faults(handed)
        adapter = PAYLOADS.get(str(handed.attributes.get("type")))
        if adapter is None:
            return None
        if isinstance(handed.data, dict):
            faults += crossing_faults(handed.data, self._today.products, handed.data_at)
            faults += crowding_faults(handed.data, self._largest, handed.data_at)
        try:
            payload: Payload = adapter.validate_json(handed.raw_data, context=self._today.terms, by_alias=True, by_name=False)
        except ValidationError as error:
            faults += faults_of(error, handed.data_at)
            return None
        if isinstance(payload, QuestionAsked) and payload.case_type not in self._today.questions:
            faults.append(fault((*handed.data_at, "caseType"), "is no type of question"))
        return payload

    def _command(self, partner: Partner, handed: Handed, payload: Payload) -> Command:
        id_ = submission_id(partner.id, str(handed.attributes["source"]), str(handed.attributes["id"]))
        fingerprint = hashlib.sha256(handed.raw).hexdigest()
        organisation = payload.organisation_id or next(iter(partner.organisations), None)
        match payload:
            case CaseSubmitted():
                return SubmitCase(id=id_, partner_id=partner.id, fingerprint=fingerprint, organisation_id=organisation, handed_in=payload)
            case ContactMade():
                return RegisterContact(
                    id=id_, partner_id=partner.id, fingerprint=fingerprint, organisation_id=organisation, handed_in=payload
                )
            case _:
                return RecordQuestion(
                    id=id_,
                    partner_id=partner.id,
                    fingerprint=fingerprint,
                    organisation_id=organisation,
                    handed_in=payload,
                    municipality_code=payload.municipality_code or partner.municipality or "",
                    purpose=self._today.questions[payload.case_type],
                )

    def _largest(self, products: frozenset[str]) -> int | None:
        """Of products that need a desk, how many persons can have them in one visit."""
        at_desks = products & self._today.at_desks
        return self._region.largest_group(at_desks, self._today.day) if at_desks else None

    def _listed(self, day: date) -> _Day:
        terms = self._region.terms(day)
        types = {code: self._region.case_type(code, day) for code in terms.lists["case_types"]}
        return _Day(
            day,
            terms,
            products={code: frozenset(case_type.products) for code, case_type in types.items()},
            at_desks=frozenset(code for code in terms.lists["products"] if self._region.product(code, day).desk),
            questions={code: case_type.purpose for code, case_type in types.items() if case_type.purpose is not None},
        )


def _claimed(headers: Mapping[str, str], bearer: str | None) -> str:
    return headers.get("loket-partner", "") if bearer is None else bearer


def submission_id(partner: str, source: str, id_: str) -> UUID:
    """The id of what an event becomes: always the same for the same partner, source and event id."""
    return derived("case", partner, source, id_)


def _refuse_foreign(partner: Partner, handed: Sequence[Handed], payloads: Sequence[Payload]) -> None:
    faults = [found for one in handed for found in _foreign_envelope(partner, one)]
    if not faults:
        faults = [found for one, payload in zip(handed, payloads, strict=True) for found in _foreign_data(partner, one, payload)]
    if faults:
        raise Refused(403, "not_allowed", "This partner may not send this.", faults=faults)


def _foreign_envelope(partner: Partner, handed: Handed) -> list[Fault]:
    faults = []
    if handed.attributes["source"] != partner.source:
        faults.append(fault((*handed.at, "source"), "is not the source registered for this partner"))
    if handed.attributes["type"] not in partner.event_types:
        faults.append(fault((*handed.at, "type"), "is no type of event that this partner may send"))
    return faults


def _foreign_data(partner: Partner, handed: Handed, payload: Payload) -> list[Fault]:
    faults = []
    if not isinstance(payload, ContactMade) and payload.case_type not in partner.case_types:
        faults.append(fault((*handed.data_at, "caseType"), "is no type of case that this partner may send"))
    if not isinstance(payload, CaseSubmitted) and payload.service not in partner.services:
        faults.append(fault((*handed.data_at, "service"), "is no service that this partner may speak for"))
    if payload.organisation_id is not None and payload.organisation_id not in partner.organisations:
        faults.append(fault((*handed.data_at, "organisationId"), "is no organisation that this partner may act for"))
    return faults


def _repeated(handed: Sequence[Handed]) -> list[Fault]:
    """Events of one batch that share source and id but not their bytes."""
    if len(handed) == 1:
        return []
    first: dict[tuple[str, str], bytes] = {}
    faults = []
    for one in handed:
        key = (str(one.attributes.get("source")), str(one.attributes.get("id")))
        if "id" in one.attributes and first.setdefault(key, one.raw) != one.raw:
            faults.append(fault((*one.at, "id"), "is the id of another event of this batch"))
    return faults


def _bsn_faults(handed: Handed) -> list[Fault]:
    places = {fault((*handed.at, *path), SENTENCE) for path in places_of_bsn(dict(handed.attributes))}
    places |= {fault((*handed.data_at, *path), SENTENCE) for path in places_of_bsn(handed.data)}
    return sorted(places)


def _summary(faults: Sequence[Fault], bsn: bool) -> str:
    counted = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}; nothing has been stored."
    return f"{SENTENCE} {counted}" if bsn else counted
