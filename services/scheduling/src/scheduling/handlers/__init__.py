"""What scheduling does about what it hears and is asked; each handler returns the one thing it changed."""

from scheduling.handlers.attending import call_to_desk, check_in, complete_appointment, record_no_show, start_appointment
from scheduling.handlers.cancelling import cancel_appointment, cancel_visit, note_given_up, replan_visit, withdraw_visit
from scheduling.handlers.giving import add_hours, claim_slots, close_desk, lift_closure, offer_capacity, release_slots
from scheduling.handlers.planning import choose_again, confirm_visit, plan_visit, request_visit, retry_visit

__all__ = [
    "add_hours",
    "call_to_desk",
    "cancel_appointment",
    "cancel_visit",
    "check_in",
    "choose_again",
    "claim_slots",
    "close_desk",
    "complete_appointment",
    "confirm_visit",
    "lift_closure",
    "note_given_up",
    "offer_capacity",
    "plan_visit",
    "record_no_show",
    "release_slots",
    "replan_visit",
    "request_visit",
    "retry_visit",
    "start_appointment",
    "withdraw_visit",
]
