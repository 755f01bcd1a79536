"""Scheduling gives every case that needs a desk one visit that settles everything: what it hears, does and tells, on one page."""

from common.blueprint import Blueprint, Context
from common.events.appointment import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentStarted,
    FormalityCompleted,
)
from common.events.case import CaseClosed, CaseScreened
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred, VisitProposed
from common.subscribing import on
from scheduling import api, handlers
from scheduling.diary import Diary
from scheduling.domain.agenda import Agenda
from scheduling.domain.commands import (
    AddHours,
    CallToDesk,
    CancelAppointment,
    CancelVisit,
    CheckIn,
    CloseDesk,
    CompleteAppointment,
    LiftClosure,
    OfDay,
    PlanVisit,
    RecordNoShow,
    StartAppointment,
)
from scheduling.domain.plan import agenda_id
from scheduling.domain.steps import ChooseAgain, ClaimSlots, ConfirmVisit, OfAgenda, OfferCapacity, ReleaseSlots, ReplanVisit, RetryVisit
from scheduling.domain.visit import Visit
from scheduling.memory import Memory
from scheduling.openings import Openings
from scheduling.ports import Ports
from scheduling.region import Region
from scheduling.settings import Settings
from scheduling.store import StoredAgendas, StoredVisits

CHOOSING = (VisitProposed, VisitDeferred, ClaimSlots, RetryVisit)
CANCELLING = (VisitCancelled, AppointmentCancelled, ReleaseSlots)


def of_agenda(step: OfAgenda) -> object:
    """Steps queue for the agenda that they change."""
    return step.agenda_id


def of_day(command: OfDay) -> object:
    """Commands queue for the agenda of their day."""
    return agenda_id(command.location, command.day)


SUBSCRIBES = (
    on(CaseScreened, handlers.request_visit, *CHOOSING, *CANCELLING),
    on(CaseClosed, handlers.withdraw_visit, *CANCELLING),
)
STEPS = (
    on(ClaimSlots, handlers.claim_slots, ConfirmVisit, ChooseAgain, alone=of_agenda),
    on(ConfirmVisit, handlers.confirm_visit, VisitConfirmed, AppointmentBooked, ReleaseSlots),
    on(ChooseAgain, handlers.choose_again, *CHOOSING),
    on(RetryVisit, handlers.retry_visit, *CHOOSING),
    on(ReleaseSlots, handlers.release_slots, OfferCapacity, alone=of_agenda),
    on(OfferCapacity, handlers.offer_capacity, VisitProposed, ClaimSlots, OfferCapacity),
    on(ReplanVisit, handlers.replan_visit, *CHOOSING, *CANCELLING),
)
COMMANDS = (
    on(CheckIn, handlers.check_in, AppointmentCheckedIn),
    on(CallToDesk, handlers.call_to_desk),
    on(StartAppointment, handlers.start_appointment, AppointmentStarted),
    on(CompleteAppointment, handlers.complete_appointment, AppointmentCompleted, FormalityCompleted),
    on(RecordNoShow, handlers.record_no_show, AppointmentNoShow),
    on(CancelAppointment, handlers.cancel_appointment, *CANCELLING),
    on(CancelVisit, handlers.cancel_visit, *CHOOSING, *CANCELLING),
    on(PlanVisit, handlers.plan_visit, *CHOOSING, *CANCELLING),
    on(CloseDesk, handlers.close_desk, ReplanVisit, alone=of_day),
    on(LiftClosure, handlers.lift_closure, OfferCapacity, alone=of_day),
    on(AddHours, handlers.add_hours, OfferCapacity, alone=of_day),
)
PUBLISHES = (
    VisitProposed,
    VisitConfirmed,
    VisitDeferred,
    VisitCancelled,
    AppointmentBooked,
    AppointmentCheckedIn,
    AppointmentStarted,
    AppointmentCompleted,
    AppointmentCancelled,
    AppointmentNoShow,
    FormalityCompleted,
)
AGGREGATES = (Visit, Agenda)


def make_ports(context: Context, region: Region, settings: Settings) -> Ports:
    """What the handlers reach, over the store and the clock of this process."""
    agendas, openings = StoredAgendas(context.store), Openings(region)
    memory = Memory(agendas.between, agendas.versions_between, openings, settings.fresh_for, settings.believed_for)
    return Ports(StoredVisits(context.store), agendas, Diary(region, memory, openings), region, context.clock)


def build(settings: Settings) -> Blueprint[Ports]:
    """The service, by its settings and its region pack."""
    region = Region.read(settings.region_path / "scheduling")
    return Blueprint(
        name="scheduling",
        title="Gives every case that needs a desk one visit that settles everything.",
        settings=settings,
        aggregates=AGGREGATES,
        subscribes=SUBSCRIBES,
        steps=STEPS,
        commands=COMMANDS,
        publishes=PUBLISHES,
        ports=lambda context: make_ports(context, region, settings),
        routes=lambda context, ports: api.routes(context, ports, region),
    )
