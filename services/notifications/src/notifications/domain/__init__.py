"""Messages, contacts and visits as notifications knows them: what is told, when, and what came of it."""

from notifications.domain.contact import Contact
from notifications.domain.facts import CancelledVisit, Closing, Facts, Information, Lost, PlannedVisit, Referral, Submission
from notifications.domain.message import Message, State
from notifications.domain.order import Order, Template, message_id
from notifications.domain.policy import Policy
from notifications.domain.steps import (
    Decision,
    Delivery,
    HandOver,
    MarkSent,
    Outcome,
    RecordOutcome,
    SendAgain,
    SendMessage,
    SettleUnknown,
    WithdrawMessage,
)
from notifications.domain.visit import RequestMessage, VisitMessages, visit_messages_id

__all__ = [
    "CancelledVisit",
    "Closing",
    "Contact",
    "Decision",
    "Delivery",
    "Facts",
    "HandOver",
    "Information",
    "Lost",
    "MarkSent",
    "Message",
    "Order",
    "Outcome",
    "PlannedVisit",
    "Policy",
    "RecordOutcome",
    "Referral",
    "RequestMessage",
    "SendAgain",
    "SendMessage",
    "SettleUnknown",
    "State",
    "Submission",
    "Template",
    "VisitMessages",
    "WithdrawMessage",
    "message_id",
    "visit_messages_id",
]
