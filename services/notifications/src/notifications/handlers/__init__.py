"""What notifications does about what it hears and is asked; each handler returns the one thing it changed."""

from notifications.handlers.staff import mark_sent, note_given_up, send_again
from notifications.handlers.telling import (
    ask_for_information,
    confirm_receipt,
    erase_contact,
    hand_over,
    keep_contact,
    note_cancellation,
    note_visit,
    record_outcome,
    request_message,
    send_message,
    settle_unknown,
    tell_of_closing,
    tell_of_referral,
    withdraw_message,
)

__all__ = [
    "ask_for_information",
    "confirm_receipt",
    "erase_contact",
    "hand_over",
    "keep_contact",
    "mark_sent",
    "note_cancellation",
    "note_given_up",
    "note_visit",
    "record_outcome",
    "request_message",
    "send_again",
    "send_message",
    "settle_unknown",
    "tell_of_closing",
    "tell_of_referral",
    "withdraw_message",
]
