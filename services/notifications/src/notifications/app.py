"""Notifications tells people what happens with their case, in their own language, and never the same thing twice."""

from common.blueprint import Blueprint, Context
from common.events.case import CaseClosed, CaseCreated, CaseInformationRequested, CaseReferred
from common.events.notification import NotificationFailed, NotificationRequested, NotificationSent, NotificationSuppressed
from common.events.party import PartyContactChanged, PartyContactErased
from common.events.visit import VisitCancelled, VisitConfirmed
from common.given_up import StepGivenUp
from common.store.port import Collection
from common.subscribing import Processing, on, once
from notifications import api, handlers
from notifications.channels.deliveries import Deliveries
from notifications.channels.pool import Limits
from notifications.channels.smtp import Server, SmtpMailer
from notifications.domain import (
    Contact,
    HandOver,
    MarkSent,
    Message,
    Outcome,
    RecordOutcome,
    RequestMessage,
    SendAgain,
    SendMessage,
    SettleUnknown,
    VisitMessages,
    WithdrawMessage,
)
from notifications.ports import Ports
from notifications.restoring import RestoringLetters
from notifications.settings import Settings
from notifications.store import StoredMessages
from notifications.wording import Region, RegionWording

REQUESTED = (NotificationRequested, NotificationSuppressed, NotificationFailed, SendMessage, HandOver, SettleUnknown)
SENT = (NotificationSent, NotificationFailed, NotificationSuppressed, SendMessage)

KEPT = Processing("contact_kept", whose=lambda contact, _event: (contact.id,))
ERASED = Processing("contact_erased", whose=lambda contact, _event: (contact.id,))
WRITTEN = Processing(
    "letter_written",
    whose=lambda message, outcome: (message.party_id,) if outcome.locale else (),  # without a language there were no words
    occasion=lambda outcome: outcome.attempt,
    failed=lambda outcome: outcome.outcome is not Outcome.SENT,
)
LOST = Processing(
    "letter_written",
    whose=lambda message, step: (message.party_id,) if step.taken else (),  # until then it may well leave
    occasion=lambda step: step.attempt,
    failed=lambda _step: True,
)

SUBSCRIBES = (
    on(PartyContactChanged, handlers.keep_contact, first=True, processing=KEPT),
    on(PartyContactErased, handlers.erase_contact, first=True, processing=ERASED),
    on(CaseCreated, handlers.confirm_receipt, *REQUESTED),
    on(CaseInformationRequested, handlers.ask_for_information, *REQUESTED),
    on(CaseReferred, handlers.tell_of_referral, *REQUESTED),
    on(CaseClosed, handlers.tell_of_closing, *REQUESTED),
    on(VisitConfirmed, handlers.note_visit, RequestMessage, WithdrawMessage),
    on(VisitCancelled, handlers.note_cancellation, RequestMessage, WithdrawMessage),
)
STEPS = (
    on(RequestMessage, handlers.request_message, *REQUESTED),
    on(WithdrawMessage, handlers.withdraw_message, NotificationSuppressed),
    on(SendMessage, handlers.send_message, SendMessage, HandOver, SettleUnknown, NotificationSuppressed, NotificationFailed),
    on(RecordOutcome, handlers.record_outcome, *SENT, processing=WRITTEN),
    on(SettleUnknown, handlers.settle_unknown, NotificationFailed, SendMessage, SettleUnknown, processing=LOST),
)
ACTS = (once(HandOver, handlers.hand_over, RecordOutcome, holding=lambda ports: ports.mailer),)
COMMANDS = (
    on(SendAgain, handlers.send_again, HandOver, SettleUnknown),
    on(MarkSent, handlers.mark_sent, NotificationSent),
    on(StepGivenUp, handlers.note_given_up, NotificationFailed),
)
PUBLISHES = (NotificationRequested, NotificationSent, NotificationFailed, NotificationSuppressed)
AGGREGATES = (Contact, Message, VisitMessages)


def build(settings: Settings) -> Blueprint[Ports]:
    """The service for one region; raises `RegionFault` when the region pack is not in order."""
    region = Region(settings.region_path / "notifications")
    wording = RegionWording(region, settings.mail_from)
    mailers: list[SmtpMailer] = []

    def ports(context: Context) -> Ports:
        deliveries = Deliveries(context.metrics, context.log)
        mailers.append(SmtpMailer(_server(settings), settings.mail_from, context.clock, deliveries, _limits(settings)))
        return Ports(
            contacts=Collection(context.store, Contact),
            messages=Collection(context.store, Message),
            visits=Collection(context.store, VisitMessages),
            wording=wording,
            mailer=mailers[-1],
            policy=region.policy.model_copy(update={"provider_deduplicates": settings.smtp_deduplicates}),
            clock=context.clock,
        )

    async def hang_up(_context: Context) -> None:
        for mailer in mailers:
            await mailer.close()

    return Blueprint(
        name="notifications",
        title="Tells people what happens with their case, in their own language, and never the same thing twice.",
        settings=settings,
        aggregates=AGGREGATES,
        subscribes=SUBSCRIBES,
        steps=STEPS,
        acts=ACTS,
        commands=COMMANDS,
        publishes=PUBLISHES,
        ports=ports,
        routes=lambda context, _ports: api.routes(context, StoredMessages(context.store), wording),
        stops=hang_up,
        restoring=RestoringLetters,
        register=region.register,
    )


def _server(settings: Settings) -> Server:
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        greeting=settings.mail_from.rpartition("@")[2],
        timeout=settings.smtp_timeout_seconds,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(settings.smtp_connections, settings.smtp_letters_per_connection, settings.smtp_idle_seconds)
