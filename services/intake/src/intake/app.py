"""Intake owns cases and parties: what partners hand in becomes cases, rules screen them, and each comes to its result."""

from common.blueprint import Blueprint
from common.events.appointment import AppointmentCancelled, AppointmentCheckedIn, AppointmentNoShow, AppointmentStarted, FormalityCompleted
from common.events.case import (
    BsnIssued,
    CaseClosed,
    CaseCreated,
    CaseInformationReceived,
    CaseInformationRequested,
    CaseReferred,
    CaseScreened,
    CaseStatusChanged,
    PermitDecided,
)
from common.events.contact import ContactRegistered, QuestionAnswered
from common.events.party import PartyContactChanged
from common.events.visit import VisitCancelled, VisitConfirmed
from common.given_up import StepGivenUp
from common.store.port import Collection
from common.subscribing import Processing, on
from intake import handlers
from intake.api import routes
from intake.domain.case import Case
from intake.domain.contact import Contact
from intake.domain.messages import (
    GiveUpWaiting,
    RecordBsnIssued,
    RecordDocuments,
    RecordPermitDecision,
    RecordQuestion,
    RegisterContact,
    ScreenCase,
    SubmitCase,
    WithdrawCase,
)
from intake.ports import Ports
from intake.region_pack import read_region, read_register
from intake.restoring import RestoringCases
from intake.settings import Settings
from intake.store import StoredCases

TAKEN = Processing("submission_taken", whose=lambda case, _command: case.subjects())
SCREENED = Processing("case_screened", whose=lambda case, _step: case.household())
SHOWN = Processing("documents_recorded", whose=lambda case, command: {case.subject(held.person) for held in command.documents})
DECIDED = Processing("decision_recorded", whose=lambda case, command: (case.subject(command.person),))
ISSUED = Processing("number_recorded", whose=lambda case, command: (case.subject(command.person),))

SUBSCRIBES = (
    on(VisitConfirmed, handlers.note_visit_confirmed, CaseStatusChanged),
    on(VisitCancelled, handlers.note_visit_cancelled, CaseStatusChanged),
    on(AppointmentCheckedIn, handlers.note_arrival, CaseStatusChanged),
    on(AppointmentStarted, handlers.note_arrival, CaseStatusChanged),
    on(AppointmentCancelled, handlers.note_appointment_off, CaseStatusChanged),
    on(AppointmentNoShow, handlers.note_appointment_off, CaseStatusChanged),
    on(FormalityCompleted, handlers.settle_formality, CaseStatusChanged, CaseClosed),
)
STEPS = (
    on(
        ScreenCase,
        handlers.screen_case,
        CaseScreened,
        CaseStatusChanged,
        CaseInformationRequested,
        CaseReferred,
        CaseClosed,
        GiveUpWaiting,
        processing=SCREENED,
    ),
    on(GiveUpWaiting, handlers.give_up_waiting, CaseStatusChanged, CaseClosed),
)
COMMANDS = (
    on(SubmitCase, handlers.submit_case, PartyContactChanged, CaseCreated, ScreenCase, processing=TAKEN),
    on(
        RecordQuestion,
        handlers.record_question,
        PartyContactChanged,
        CaseCreated,
        ContactRegistered,
        QuestionAnswered,
        ScreenCase,
        processing=TAKEN,
    ),
    on(RegisterContact, handlers.register_contact, ContactRegistered),
    on(RecordDocuments, handlers.note_documents, CaseInformationReceived, CaseStatusChanged, ScreenCase, processing=SHOWN),
    on(RecordPermitDecision, handlers.note_permit_decision, PermitDecided, CaseStatusChanged, CaseClosed, processing=DECIDED),
    on(RecordBsnIssued, handlers.note_bsn_issued, BsnIssued, processing=ISSUED),
    on(WithdrawCase, handlers.withdraw_case, CaseStatusChanged, CaseClosed),
    on(StepGivenUp, handlers.note_given_up),
)
PUBLISHES = (
    PartyContactChanged,
    CaseCreated,
    CaseScreened,
    CaseStatusChanged,
    CaseInformationRequested,
    CaseInformationReceived,
    CaseReferred,
    CaseClosed,
    BsnIssued,
    PermitDecided,
    ContactRegistered,
    QuestionAnswered,
)
AGGREGATES = (Case, Contact)


def build(settings: Settings) -> Blueprint[Ports]:
    """Intake, put together; nothing is opened before it runs."""
    region = read_region(settings.region_path / "intake")
    return Blueprint(
        name="intake",
        needs_kafka=False,
        title="Takes cases from partner organisations, screens them by dated rules and follows each to its result.",
        settings=settings,
        aggregates=AGGREGATES,
        subscribes=SUBSCRIBES,
        steps=STEPS,
        commands=COMMANDS,
        publishes=PUBLISHES,
        ports=lambda context: Ports(
            cases=StoredCases(context.store, Case), contacts=Collection(context.store, Contact), region=region, clock=context.clock
        ),
        routes=lambda context, ports: routes(context, ports, settings),
        restoring=RestoringCases,
        register=read_register(settings.region_path / "intake"),
    )
