"""What a service is told when ops give up a step of one of its aggregates for good."""

from enum import StrEnum
from uuid import UUID

from common.events.base import Message


class GiveUp(StrEnum):
    """Why a step is given up."""

    CANNOT_BE_MENDED = "cannot_be_mended"
    DONE_BY_HAND = "done_by_hand"
    NOT_WANTED = "not_wanted"


class StepGivenUp(Message):
    """A step of an aggregate will never run, so somebody has to see to what it was for."""

    collection: str
    id: UUID
    step: str
    reason: GiveUp
